export const workload = {
  name: 'prefix-scan',
  title: 'Ranges by a prefix of one byte, all 256 of them',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold range'],
  peers: ['lmdb getRange'],
  targets: [],
};
