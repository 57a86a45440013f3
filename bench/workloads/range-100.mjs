export const workload = {
  name: 'range-100',
  title: 'Ranges of 100 entries from a random start',
  unit: 'ns a range',
  operations: (entries) => Math.ceil(entries / 200),
  warmUps: 2,
  passes: 3,
  floor: 'c cursor',
  contestants: ['leasehold range'],
  peers: ['lmdb getRange', 'sqlite iterate', 'node-sqlite iterate'],
  targets: [],
};
