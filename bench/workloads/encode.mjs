export const workload = {
  name: 'encode',
  title: 'Records of ten fields encoded, and not stored',
  unit: 'ns a record',
  operations: () => 100_000,
  warmUps: 5,
  passes: 5,
  floor: 'encoder msgpackr',
  contestants: ['encoder leasehold'],
  peers: [],
  targets: [{ contestant: 'encoder leasehold', against: 'encoder msgpackr', timesAsFast: 1 }],
};
