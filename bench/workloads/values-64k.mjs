export const workload = {
  name: 'values-64k',
  title: 'Values of 64 KiB at random keys, first and last byte read',
  unit: 'ns a get',
  dataset: { name: 'values-64k', entries: 4_000, valueBytes: 65_536 },
  operations: (entries) => 4 * entries,
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get', 'leasehold getBuffer'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [],
};
