export const workload = {
  name: 'put-random',
  title: 'Put of prepared bytes at random keys, one write transaction with its commit',
  unit: 'ns a put',
  operations: (entries) => entries,
  warmUps: 1,
  passes: 1,
  floor: 'c-put mdb_put',
  contestants: ['c-put cursor_put', 'leasehold-put put'],
  peers: ['lmdb-put putSync'],
  targets: [{ contestant: 'leasehold-put put', against: 'lmdb-put putSync', timesAsFast: 1.2 }],
};
