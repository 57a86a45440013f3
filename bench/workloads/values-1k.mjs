export const workload = {
  name: 'values-1k',
  title: 'Values of 1 KiB at random keys, first and last byte read',
  unit: 'ns a get',
  dataset: { name: 'values-1k', entries: 100_000, valueBytes: 1_024 },
  operations: (entries) => entries,
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get', 'leasehold getBuffer'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [],
};
