export const workload = {
  name: 'hot-get',
  title: 'Get of a thousand hot keys, one byte of the value read',
  unit: 'ns a get',
  operations: (entries) => Math.ceil(entries / 5),
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary'],
  targets: [{ contestant: 'leasehold get', against: 'lmdb getBinaryFast', timesAsFast: 1.5 }],
};
