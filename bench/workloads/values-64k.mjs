import { valueReads } from '../harness/value-reads.mjs';

export const workload = valueReads({
  name: 'values-64k',
  size: '64 KiB',
  entries: 4_000,
  valueBytes: 65_536,
  turns: 2,
});
