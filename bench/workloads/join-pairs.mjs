export const workload = {
  name: 'join-pairs',
  title: 'Orders joined to their customers by an id of 16 characters: one field of each side read',
  unit: 'ns a pair',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 3,
  floor: 'shop scans',
  contestants: ['shop hashJoin'],
  peers: ['lmdb-shop Map', 'sqlite-shop iterate', 'duckdb-shop rows'],
  targets: [
    { contestant: 'shop hashJoin', against: 'lmdb-shop Map', timesAsFast: 8 },
    { contestant: 'shop hashJoin', against: 'sqlite-shop iterate', timesAsFast: 5 },
    { contestant: 'shop hashJoin', against: 'duckdb-shop rows', timesAsFast: 1.5 },
  ],
};
