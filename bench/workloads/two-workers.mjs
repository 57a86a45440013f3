export const workload = {
  name: 'two-workers',
  title: 'Two threads that scan at once, and one that does the same scans alone',
  unit: 'ns an entry',
  operations: (entries) => 4 * entries,
  warmUps: 4,
  passes: 5,
  floor: 'c-threads one',
  contestants: ['c-threads two', 'workers two'],
  peers: ['workers one'],
  targets: [{ contestant: 'workers two', against: 'workers one', timesAsFast: 1.8 }],
};
