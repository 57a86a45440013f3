export const workload = {
  name: 'empty-transaction',
  title: 'An empty read transaction, begun and ended',
  unit: 'ns a transaction',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 5,
  floor: 'c begin-abort',
  contestants: ['leasehold read-end'],
  peers: ['lmdb use-done'],
  targets: [{ contestant: 'leasehold read-end', against: 'lmdb use-done', timesAsFast: 1 }],
};
