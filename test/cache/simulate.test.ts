import { expect, test } from 'vitest';
import { generateTrace } from '../../lib/cache/generator/generate-trace.ts';
import { POLICIES } from '../../lib/cache/policies/policies.ts';
import { simulate } from '../../lib/cache/simulate.ts';
import { CHANGE, READ, TraceBatch, type TraceOp, WRITE } from '../../lib/cache/trace/trace-batch.ts';
import { runs } from '../support/runs.ts';

function traceOf(...records: [op: TraceOp, key: number, size: number][]): TraceBatch[] {
  const batch = new TraceBatch();
  for (const [op, key, size] of records) batch.push(op, key, size, 1, 1000 * batch.count);
  return [batch];
}

test('what is counted of a trace, and what a cache makes of it', async () => {
  const trace = traceOf(
    [READ, 2 ** 50, 1000],
    [READ, 2 ** 50, 1000],
    [WRITE, 7, 500],
    [READ, 7, 500],
    [CHANGE, 7, 0],
    [READ, 7, 600],
    [READ, 9, 0],
    [READ, 11, 5000],
  );
  const { trace: summary, results } = await simulate(trace, { policies: ['lru'], sizes: [4096] });
  expect(summary).toEqual({
    requests: 5,
    bytes: 1000 + 1000 + 500 + 600 + 5000,
    writes: 1,
    changes: 1,
    objects: 4,
    footprint: 6500,
    seconds: 7,
  });
  expect(results).toEqual([
    { policy: 'lru', size: 4096, hits: 2, hitBytes: 1500, writes: 3, hitWrites: 0, bytesWritten: 2100 },
    expect.objectContaining({ policy: 'unbounded', hits: 2, writes: 4 }),
  ]);
});

test('no policy has more hits than a cache without a bound, and each has all of them in a cache that is large enough', async () => {
  const small = await simulate(generateTrace({ requests: 6000 }), { sizes: [60_000] });
  const most = small.results.at(-1)?.hits as number;
  for (const { hits } of small.results.slice(0, -1)) expect(hits).toBeLessThan(most);
  const { results, trace } = await simulate(generateTrace({ requests: 6000 }), { sizes: [2 ** 30] });
  expect(results.length).toBe(Object.keys(POLICIES).length + 1);
  for (const { hits, hitBytes } of results) expect([hits, hitBytes < trace.bytes]).toEqual([most, true]);
});

test('the policy of the cache: with sizes it has more hits than without, on every workload', async () => {
  for (const workload of ['objects', 'scans', 'sessions', 'drift']) {
    const run = () => generateTrace({ workload, requests: runs(15_000, 60_000) });
    const { footprint } = (await simulate(run(), { policies: [], sizes: [] })).trace;
    const policies = ['s3-fifo', 's3-fifo-plain', 'lru', 'two-files'];
    const { results } = await simulate(run(), { policies, sizes: [Math.round(footprint / 20)] });
    const [own, ...others] = results.slice(0, -1).map(({ hits }) => hits);
    for (const hits of others) expect(own).toBeGreaterThan(hits);
  }
});

test('progress is told, and a signal ends it', async () => {
  const controller = new AbortController();
  async function* endless() {
    for (;;) yield* generateTrace({ requests: 10_000 });
  }
  const told: number[] = [];
  const onProgress = (records: number): void => {
    told.push(records);
    if (told.length === 2) controller.abort();
  };
  const running = simulate(endless(), { policies: ['lru'], sizes: [10_000], signal: controller.signal, onProgress });
  await expect(running).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect(told[1]).toBeGreaterThan(told[0] as number);
});

test.each([
  [{ sizes: [10] }, 'ERR_OUT_OF_RANGE'],
  [{ sizes: [4096.5] }, 'ERR_OUT_OF_RANGE'],
  [{ sizes: [4096], policies: ['best'] }, 'ERR_INVALID_ARG_VALUE'],
])('%j is refused', async (options, code) => {
  await expect(simulate([], options)).rejects.toMatchObject({ code });
});
