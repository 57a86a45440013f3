export const workload = {
  name: 'cold-get',
  title: 'Get at random keys of a set far larger than the caches of the processor',
  unit: 'ns a get',
  dataset: { name: 'random-ids', entries: 10_000_000 },
  operations: () => 200_000,
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [],
};
