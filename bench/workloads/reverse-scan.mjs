export const workload = {
  name: 'reverse-scan',
  title: 'Full scan backwards, one byte of each key and value read',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold range'],
  peers: ['lmdb getRange'],
  targets: [],
};
