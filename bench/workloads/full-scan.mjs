export const workload = {
  name: 'full-scan',
  title: 'Full scan: every key and value made, one byte of each read',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c cursor',
  contestants: ['leasehold range', 'leasehold scan'],
  peers: ['lmdb getRange'],
  targets: [
    { contestant: 'leasehold range', against: 'c cursor', timesItsTime: 2.2 },
    { contestant: 'leasehold scan', against: 'c cursor', timesItsTime: 1.6 },
    { contestant: 'leasehold range', against: 'lmdb getRange', timesAsFast: 8 },
  ],
};
