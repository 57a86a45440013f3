import { valueReads } from '../harness/value-reads.mjs';

export const workload = valueReads({
  name: 'values-1m',
  size: '1 MiB',
  entries: 256,
  valueBytes: 1_048_576,
  turns: 4,
  targets: [
    { contestant: 'leasehold get', against: 'lmdb getBinary', timesAsFast: 50 },
    { contestant: 'leasehold getBuffer', against: 'lmdb getBinary', timesAsFast: 10 },
  ],
});
