export const workload = {
  name: 'full-scan',
  title: 'Full scan: every key and value made, one byte of each read',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold range', 'leasehold scan'],
  peers: ['lmdb getRange', 'lmdb uncopied', 'level iterator', 'sqlite iterate', 'node-sqlite iterate'],
  targets: [
    { contestant: 'leasehold range', against: 'c cursor', timesItsTime: 1.9 },
    { contestant: 'leasehold scan', against: 'c cursor', timesItsTime: 1.3 },
    { contestant: 'leasehold range', against: 'lmdb getRange', timesAsFast: 15 },
    { contestant: 'leasehold range', against: 'lmdb uncopied', timesAsFast: 4 },
    { contestant: 'leasehold range', against: 'level iterator', timesAsFast: 30 },
    { contestant: 'leasehold range', against: 'sqlite iterate', timesAsFast: 30 },
  ],
};
