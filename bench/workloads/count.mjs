export const workload = {
  name: 'count',
  title: 'Count of all entries',
  unit: 'ns a call',
  operations: () => 1,
  warmUps: 3,
  passes: 5,
  floor: 'c mdb_stat',
  contestants: ['leasehold count'],
  peers: ['lmdb getKeysCount'],
  targets: [],
};
