export const workload = {
  name: 'random-keys',
  title: 'The keys of the random gets, made and not looked up',
  unit: 'ns a key',
  operations: (entries) => Math.ceil(entries / 8),
  warmUps: 3,
  passes: 5,
  floor: 'c loop',
  contestants: ['javascript loop'],
  peers: [],
  targets: [],
};
