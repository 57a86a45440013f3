export const workload = {
  name: 'key-map-random',
  title: 'The same maps asked for random keys, each made as bytes or as a string',
  unit: 'ns a key',
  operations: (entries) => Math.ceil(entries / 2),
  warmUps: 2,
  passes: 3,
  floor: 'leasehold-keys made',
  contestants: ['leasehold-keys KeyMap'],
  peers: ['lmdb-keys Map'],
  targets: [],
};
