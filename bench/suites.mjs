// What `npm run bench -- NAME` runs: a data set and the workloads (workloads/NAME.mjs) on it, or a program of its own.
export const suites = {
  scan: {
    dataset: { name: 'random-ids', entries: 1_000_000 },
    workloads: ['full-scan', 'count', 'count-half', 'random-get', 'random-keys'],
  },
  end: { program: 'end' },
};
