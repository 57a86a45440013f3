export const workload = {
  name: 'random-get',
  title: 'Get at random keys, one byte of the value read',
  unit: 'ns a get',
  operations: (entries) => Math.ceil(entries / 2),
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [],
};
