import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

// A tiny run of the benchmarks with the project's dependencies alone: without `npm ci --prefix bench`.
const root = new URL('../..', import.meta.url);
const results = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
afterAll(() => rmSync(results, { recursive: true }));

function bench(...args: string[]) {
  return spawnSync(process.execPath, ['bench/run.mjs', '--no-install', ...args], {
    cwd: root,
    env: { ...process.env, BENCH_RESULTS: results },
    encoding: 'utf8',
  });
}

test('a workload is measured with the C floor beside it, and their results agree', () => {
  const small = ['--rounds', '1', '--entries', '1000'];
  const run = bench('scan', '--workload', 'full-scan', '--driver', 'c', '--driver', 'leasehold', ...small);
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  expect(run.stdout).toContain('leasehold range');
});

test('a run writes a report, and is compared with one that was saved', () => {
  const run = bench('end', '--rounds', '1', '--entries', '1000', '--save-baseline');
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  expect(readFileSync(join(results, 'report.md'), 'utf8')).toContain('end() with 1,000 live sinks');
  expect(JSON.parse(readFileSync(join(results, 'report.json'), 'utf8'))).toMatchObject([{ suite: 'end' }]);

  const same = bench('end', '--report', '--compare');
  expect(same.stdout).toContain('few rounds');
  expect(same.status).toBe(0);
});

test('what is slower beyond the spread of the rounds is a regression, and what is within it is not', () => {
  const result = (median: number, min: number, max: number) => ({
    suite: 'end',
    roundCount: 5,
    date: new Date(),
    load: [0, 0],
    machine: { cpu: 'one', cores: 1, memory: 0, system: '', node: '' },
    figures: [{ name: 'a figure', unit: 'ns', spread: { median, min, max } }],
  });
  const baseline = join(results, 'earlier.json');
  writeFileSync(baseline, JSON.stringify([result(100, 95, 110)]));
  const compared = (now: object) => {
    writeFileSync(join(results, 'end.json'), JSON.stringify(now));
    return bench('end', '--report', '--compare', baseline).status;
  };
  expect(compared(result(120, 111, 130))).toBe(3);
  expect(compared(result(120, 109, 130))).toBe(0);
  expect(compared(result(103, 111, 130))).toBe(0);
  expect(compared(result(80, 70, 90))).toBe(0);
});

test('an unknown suite is a usage error', () => {
  expect(bench('nonsense').status).toBe(2);
});
