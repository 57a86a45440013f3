import { type ReadTraceOptions, readTrace } from '../../../lib/cache/trace/read-trace.ts';
import type { TraceBatch } from '../../../lib/cache/trace/trace-batch.ts';

export type TraceRecord = [op: number, key: number, size: number, tid: number, time: number];

export function recordsOf({ count, ops, keys, sizes, tids, times }: TraceBatch): TraceRecord[] {
  return Array.from({ length: count }, (_, i) => [ops[i], keys[i], sizes[i], tids[i], times[i]] as TraceRecord);
}

/** All records of a trace that arrives in chunks of so many bytes. */
export async function collect(
  bytes: Uint8Array,
  options: Partial<ReadTraceOptions> = {},
  chunk = 1_000_000,
): Promise<TraceRecord[]> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const records: TraceRecord[] = [];
  for await (const batch of readTrace(chunks(), { name: 'the trace', ...options })) records.push(...recordsOf(batch));
  return records;
}
