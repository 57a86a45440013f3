// How costs grow with the number of entries and of sinks that are held: `npm run bench -- growth`. The largest set takes
// 2.6 GB of disk. With --entries N, that size alone, beside what was measured of the others before.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as c from '../drivers/c.mjs';
import * as leasehold from '../drivers/leasehold.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { number } from '../harness/format.mjs';
import { loadResults, newResult, saveResult } from '../harness/results.mjs';
import { measureRounds } from '../harness/rounds.mjs';
import { spread } from '../harness/statistics.mjs';
import { requireAgreement, summarize } from '../harness/summary.mjs';
import { workload as fullScan } from '../workloads/full-scan.mjs';
import { workload as randomGet } from '../workloads/random-get.mjs';

const child = fileURLToPath(new URL('growth-child.mjs', import.meta.url));
const SIZES = [100_000, 1_000_000, 10_000_000, 20_000_000];
const SINKS = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/** Each set gets the same number of gets, so that only the set differs. */
const GETS = 500_000;

/** The data set whose values are held. */
const HELD_FROM = 10_000_000;

const drivers = { c, leasehold };

export async function run({ rounds, entries }) {
  const sizes = entries ? [entries] : SIZES;
  const result = newResult('growth', rounds);
  const points = new Points(loadResults(['growth'])[0]?.growth ?? []);
  for (const size of sizes) {
    const dataset = { name: 'random-ids', entries: size };
    await c.prepare(dataset);
    await measureReads(dataset, rounds, points);
    if (size === HELD_FROM) await measureMemory(dataset, rounds, points);
  }
  saveResult({ ...result, growth: points.curves });
}

async function measureReads(dataset, rounds, points) {
  const entries = dataset.entries;
  const scans = { ...fullScan, peers: [] };
  const gets = { ...randomGet, peers: [], operations: () => GETS };
  for (const [workload, title] of [
    [scans, 'Full scan'],
    [gets, 'Get at random keys'],
  ]) {
    const results = await measureRounds({ workload, dataset, drivers, rounds });
    requireAgreement(workload, results);
    for (const { name, time, ratios } of summarize(workload, results)) {
      const label = name.replace(/^c /, 'C ');
      points.add(title, workload.unit, label, entries, time);
      const ratio = ratios[workload.floor];
      if (ratio) points.add('Time over the C floor', 'times', label, entries, ratio);
    }
  }
}

async function measureMemory(dataset, rounds, points) {
  const folder = datasetFolder(dataset, c.format);
  for (const sinks of SINKS) {
    const measured = [];
    for (let round = 0; round < rounds; round++) {
      const flags = ['--expose-gc', '--max-old-space-size=8192'];
      measured.push(JSON.parse(await output(process.execPath, [...flags, child, folder, sinks])));
    }
    requireAgreement({ name: `${sinks} sinks` }, { leasehold: measured });
    const add = (title, unit, label, value) => points.add(title, unit, label, sinks, spread(measured.map(value)));
    for (const kind of ['heap', 'external', 'rss']) {
      const label = { heap: 'JavaScript heap', external: 'external', rss: 'resident' }[kind];
      add('Memory of sinks held in a transaction', 'bytes a sink', label, ({ shared }) => shared[kind] / sinks);
      add('Memory of sinks held after it has drained', 'bytes a sink', label, ({ copied }) => copied[kind] / sinks);
    }
    add('Sinks held: time', 'ns a sink', 'made', ({ made }) => (made * 1e6) / sinks);
    add('Sinks held: time', 'ns a sink', 'drained', ({ drained }) => (drained * 1e6) / sinks);
    add('end() with so many live sinks', 'µs', 'end()', ({ ended }) => ended * 1000);
  }
}

/** Curves that grow point by point. A point replaces an earlier one at the same place. */
class Points {
  constructor(curves) {
    this.curves = curves;
  }

  add(title, unit, name, x, { median, min, max }) {
    const curve = found(this.curves, (each) => each.title === title, { title, unit, lines: [] });
    const line = found(curve.lines, (each) => each.name === name, { name, points: [] });
    line.points = [...line.points.filter((point) => point.x !== x), { x, median, min, max }].sort((a, b) => a.x - b.x);
    console.log(`${title}, ${x.toLocaleString('en')}: ${name} ${number(median)} ${unit}`);
  }
}

function found(list, matches, otherwise) {
  const existing = list.find(matches);
  if (existing) return existing;
  list.push(otherwise);
  return otherwise;
}
