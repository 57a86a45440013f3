export const workload = {
  name: 'count-half',
  title: 'Count between two keys, half of the entries',
  unit: 'ns an entry',
  operations: (entries) => Math.floor(entries / 2),
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold count'],
  peers: ['lmdb getKeysCount'],
  targets: [{ contestant: 'leasehold count', against: 'c cursor', timesItsTime: 1.1 }],
};
