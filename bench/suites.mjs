// What `npm run bench -- NAME` runs: a program, or workloads (workloads/NAME.mjs) on a data set, that of the suite or of a
// workload. A suite with `apart` runs only when it is named.
export const suites = {
  scan: {
    dataset: { name: 'random-ids', entries: 1_000_000 },
    workloads: [
      'full-scan',
      'keys-scan',
      'reverse-scan',
      'prefix-scan',
      'count',
      'count-half',
      'range-10',
      'range-100',
      'random-get',
      'hot-get',
      'cold-get',
      'random-keys',
      'empty-transaction',
      'two-workers',
    ],
  },
  values: { workloads: ['values-1k', 'values-64k', 'values-1m'] },
  names: { dataset: { name: 'npm-names', entries: 1_000_000 }, workloads: ['names-scan', 'names-get'] },
  keys: {
    dataset: { name: 'text-keys', entries: 1_000_000 },
    workloads: ['key-map-build', 'key-map-lookup', 'key-map-random'],
  },
  'key-map': { program: 'key-map' },
  join: {
    dataset: { name: 'shop', entries: 1_000_000 },
    workloads: ['join-pairs', 'join-count', 'join-duplicates'],
  },
  fields: {
    dataset: { name: 'cities', entries: 1_000_000 },
    workloads: ['number-field', 'text-field', 'field-position', 'encode'],
  },
  put: { dataset: { name: 'puts', entries: 1_000_000 }, workloads: ['put-in-order', 'put-random'] },
  end: { program: 'end' },
  import: { program: 'import' },
  locks: { program: 'locks' },
  keep: { program: 'keep' },
  received: { program: 'received' },
  versions: { program: 'versions' },
  objects: { program: 'objects' },
  startup: { program: 'startup' },
  allocations: { program: 'allocations' },
  growth: { program: 'growth', apart: true },
};
