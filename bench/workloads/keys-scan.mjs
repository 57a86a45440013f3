export const workload = {
  name: 'keys-scan',
  title: 'Scan of the keys: every key made, one byte of it read',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold keys'],
  peers: ['lmdb getKeys'],
  targets: [],
};
