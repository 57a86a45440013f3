export const workload = {
  name: 'key-map-build',
  title: 'Map built of the keys that a scan reads',
  unit: 'ns an entry',
  operations: (entries) => entries,
  warmUps: 2,
  passes: 3,
  floor: 'leasehold-keys scan',
  contestants: ['leasehold-keys KeyMap'],
  peers: ['lmdb-keys Map'],
  targets: [{ contestant: 'leasehold-keys KeyMap', against: 'lmdb-keys Map', timesAsFast: 3 }],
};
