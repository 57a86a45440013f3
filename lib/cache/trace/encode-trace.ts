import type { TraceBatch } from './trace-batch.ts';
import { TraceEncoder } from './trace-encoder.ts';
import { MAGIC } from './trace-format.ts';

/** Encodes batches as a trace of leasehold: its head, then blocks. */
export function* encodeTrace(batches: Iterable<TraceBatch>): Generator<{ bytes: Uint8Array; records: number }> {
  yield { bytes: MAGIC, records: 0 };
  const encoder = new TraceEncoder();
  const take = () => ({ records: encoder.count, bytes: Buffer.from(encoder.take()) });
  for (const { count, ops, keys, sizes, tids, times } of batches) {
    for (let i = 0; i < count; i++) {
      const key = keys[i] as number;
      const high = Math.floor(key / 2 ** 32);
      encoder.add(ops[i] as number, key >>> 0, high, sizes[i] as number, tids[i] as number, times[i] as number);
      if (encoder.isFull) yield take();
    }
  }
  if (encoder.count > 0) yield take();
}
