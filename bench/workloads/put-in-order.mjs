export const workload = {
  name: 'put-in-order',
  title: 'Put of prepared bytes in the order of the keys, one write transaction with its commit',
  unit: 'ns a put',
  operations: (entries) => entries,
  warmUps: 1,
  passes: 2,
  floor: 'c-put append',
  contestants: ['c-put mdb_put', 'c-put cursor_put', 'leasehold-put put'],
  peers: ['lmdb-put putSync'],
  targets: [{ contestant: 'leasehold-put put', against: 'lmdb-put putSync', timesAsFast: 2 }],
};
