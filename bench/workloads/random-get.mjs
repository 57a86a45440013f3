export const workload = {
  name: 'random-get',
  title: 'Get at random keys, one byte of the value read',
  unit: 'ns a get',
  operations: (entries) => Math.ceil(entries / 8),
  warmUps: 2,
  passes: 3,
  floor: 'c mdb_get',
  contestants: ['leasehold get'],
  peers: ['lmdb getBinaryFast', 'lmdb getBinary', 'level getSync', 'sqlite get', 'node-sqlite get'],
  targets: [
    { contestant: 'leasehold get', against: 'c mdb_get', timesItsTime: 1.25 },
    { contestant: 'leasehold get', against: 'lmdb getBinaryFast', timesAsFast: 1.15 },
    { contestant: 'leasehold get', against: 'lmdb getBinary', timesAsFast: 1.7 },
  ],
};
