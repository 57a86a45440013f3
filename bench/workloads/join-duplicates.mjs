export const workload = {
  name: 'join-duplicates',
  title: 'As many pairs, where a join value stands once on the build side, and where each stands 1,000 times',
  unit: 'ns a pair',
  operations: (entries) => entries,
  warmUps: 3,
  passes: 3,
  floor: 'shop one',
  contestants: ['shop thousand'],
  peers: [],
  targets: [{ contestant: 'shop thousand', against: 'shop one', timesItsTime: 1.2 }],
};
