import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { generateTrace } from '../../../lib/cache/generator/generate-trace.ts';
import { zipfRank } from '../../../lib/cache/generator/random.ts';
import { WORKLOADS } from '../../../lib/cache/generator/workloads.ts';
import { encodeTrace } from '../../../lib/cache/trace/encode-trace.ts';
import { CHANGE, READ, WRITE } from '../../../lib/cache/trace/trace-batch.ts';
import { recordsOf, type TraceRecord } from '../trace/collect.ts';

function generated(options: Parameters<typeof generateTrace>[0]): TraceRecord[] {
  const records: TraceRecord[] = [];
  for (const batch of generateTrace(options)) records.push(...recordsOf(batch));
  return records;
}

function digest(options: Parameters<typeof generateTrace>[0]): string {
  const hash = createHash('sha256');
  for (const { bytes } of encodeTrace(generateTrace(options))) hash.update(bytes);
  return hash.digest('hex').slice(0, 16);
}

test('a seed gives one trace, always the same', () => {
  const options = { workload: 'objects', seed: 7, requests: 5000, objects: 2000 };
  expect(digest(options)).toBe('9a28d0d9a811327e');
  expect(digest({ ...options, seed: 8 })).not.toBe(digest(options));
});

test.each(Object.keys(WORKLOADS))(
  '%s: as many records as asked for, about as many objects, an object has one size',
  (workload) => {
    const records = generated({ workload, requests: 60_000, objects: 3000 });
    expect(records.length).toBe(60_000);
    const sizes = new Map<number, number>();
    let last = 0;
    for (const [op, key, size, tid, time] of records) {
      const isKnown = op === READ || op === WRITE || op === CHANGE;
      if (!isKnown || time < last || tid < 1) expect.unreachable(`a record ${op} ${key} ${tid} ${time} behind ${last}`);
      last = time;
      if (op === CHANGE) continue;
      if ((sizes.get(key) ?? size) !== size) expect.unreachable(`${key} has another size`);
      sizes.set(key, size);
    }
    expect(sizes.size).toBeGreaterThan(1000);
    expect(sizes.size).toBeLessThan(4500);
    const sorted = [...sizes.values()].sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toBeGreaterThan(120);
    expect(sorted[sorted.length >> 1]).toBeLessThan(260);
    expect(sorted.at(-1)).toBeGreaterThan(20_000);
  },
);

test('workloads differ as they say', () => {
  const share = (workload: string): { again: number; writes: number } => {
    const records = generated({ workload, requests: 60_000, objects: 20_000 });
    const lastAt = new Map<number, number>();
    let again = 0;
    records.forEach(([, key], i) => {
      if (i - (lastAt.get(key) ?? Number.NEGATIVE_INFINITY) < 2000) again++;
      lastAt.set(key, i);
    });
    return { again: again / records.length, writes: records.filter(([op]) => op !== READ).length / records.length };
  };
  const [objects, scans, sessions] = [share('objects'), share('scans'), share('sessions')];
  expect(scans.again).toBeLessThan(objects.again - 0.1);
  expect(sessions.writes).toBeGreaterThan(2 * objects.writes);
});

test('ranks follow the law of Zipf', () => {
  const counts = new Float64Array(1000);
  for (let i = 0; i < 200_000; i++) {
    const rank = zipfRank((i + 0.5) / 200_000, 1000, 0.9);
    counts[rank] = (counts[rank] as number) + 1;
  }
  expect(counts.every((count) => count > 0)).toBe(true);
  // Between ranks 10 and 100 the frequency falls by 10 ** 0.9.
  expect((counts[9] as number) / (counts[99] as number)).toBeCloseTo(10 ** 0.9, -0.5);
  expect([zipfRank(0, 10, 1), zipfRank(0.999999, 10, 1), zipfRank(0, 1, 0.5)]).toEqual([0, 9, 0]);
});

test.each([
  [{ workload: 'x' }, 'ERR_INVALID_ARG_VALUE'],
  [{ requests: 0 }, 'ERR_OUT_OF_RANGE'],
  [{ requests: 1.5 }, 'ERR_OUT_OF_RANGE'],
  [{ objects: 10 }, 'ERR_OUT_OF_RANGE'],
])('%j is refused', (options, code) => {
  expect(() => generateTrace(options).next()).toThrow(expect.objectContaining({ code }));
});
