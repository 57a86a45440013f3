export const workload = {
  name: 'key-map-lookup',
  title: 'The same maps asked for the keys of a second scan',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 2,
  passes: 3,
  floor: 'leasehold-keys scan',
  contestants: ['leasehold-keys KeyMap'],
  peers: ['lmdb-keys Map'],
  targets: [],
};
