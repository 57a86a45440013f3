export const workload = {
  name: 'names-scan',
  title: 'Full scan of npm package names: every key a string, a byte of each value read',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c-names cursor',
  contestants: ['names range'],
  peers: ['lmdb-names getRange'],
  targets: [],
};
