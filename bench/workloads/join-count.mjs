export const workload = {
  name: 'join-count',
  title: 'The same join counted',
  unit: 'ns a pair',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 3,
  floor: 'duckdb-shop count',
  contestants: ['shop hashJoin'],
  peers: ['lmdb-shop Map', 'sqlite-shop count'],
  targets: [{ contestant: 'shop hashJoin', against: 'duckdb-shop count', timesItsTime: 1 }],
};
