import { valueReads } from '../harness/value-reads.mjs';

export const workload = valueReads({
  name: 'values-1k',
  size: '1 KiB',
  entries: 100_000,
  valueBytes: 1_024,
  turns: 1,
});
