export const workload = {
  name: 'range-10',
  title: 'Ranges of 10 entries from a random start',
  unit: 'ns a range',
  operations: (entries) => Math.ceil(entries / 40),
  warmUps: 2,
  passes: 3,
  floor: 'c cursor',
  contestants: ['leasehold range'],
  peers: ['lmdb getRange', 'sqlite iterate', 'node-sqlite iterate'],
  targets: [{ contestant: 'leasehold range', against: 'lmdb getRange', timesAsFast: 3 }],
};
