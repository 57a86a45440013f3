export const workload = {
  name: 'text-field',
  title: 'Full scan: one text of 8 to 16 letters decoded of every record',
  unit: 'ns a record',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c-struct cursor',
  contestants: ['struct range', 'struct scan'],
  peers: ['lmdb-records getRange', 'lmdb-lazy getRange', 'sqlite-cities pluck'],
  targets: [
    { contestant: 'struct range', against: 'lmdb-records getRange', timesAsFast: 6 },
    { contestant: 'struct scan', against: 'lmdb-records getRange', timesAsFast: 6 },
  ],
};
