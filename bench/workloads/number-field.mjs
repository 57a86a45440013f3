export const workload = {
  name: 'number-field',
  title: 'Full scan: one u32 of ten fields read of every record',
  unit: 'ns a record',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c-struct cursor',
  contestants: ['struct range', 'struct scan'],
  peers: ['lmdb-records getRange', 'lmdb-lazy getRange', 'sqlite-cities pluck'],
  targets: [
    { contestant: 'struct range', against: 'lmdb-records getRange', timesAsFast: 15 },
    { contestant: 'struct scan', against: 'lmdb-records getRange', timesAsFast: 15 },
    { contestant: 'struct range', against: 'lmdb-lazy getRange', timesAsFast: 8 },
    { contestant: 'struct range', against: 'sqlite-cities pluck', timesAsFast: 5 },
    { contestant: 'struct range', against: 'c-struct cursor', timesItsTime: 2.5 },
  ],
};
