export const workload = {
  name: 'names-get',
  title: 'Get of npm package names at random, one byte of the value read',
  unit: 'ns a get',
  operations: (entries) => Math.ceil(entries / 5),
  warmUps: 2,
  passes: 3,
  floor: 'c-names mdb_get',
  contestants: ['names get'],
  peers: ['lmdb-names getBinaryFast', 'lmdb-names getBinary'],
  targets: [],
};
