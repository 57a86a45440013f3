export const workload = {
  name: 'values-1m',
  title: 'Values of 1 MiB at random keys, first and last byte read',
  unit: 'ns a get',
  dataset: { name: 'values-1m', entries: 256, valueBytes: 1_048_576 },
  operations: (entries) => 4 * entries,
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get', 'leasehold getBuffer'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [
    { contestant: 'leasehold get', against: 'lmdb getBinary', timesAsFast: 50 },
    { contestant: 'leasehold getBuffer', against: 'lmdb getBinary', timesAsFast: 10 },
  ],
};
