// What a fresh process pays: importing the library, opening an environment, the first read. `npm run bench -- startup`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as c from '../drivers/c.mjs';
import * as lmdb from '../drivers/lmdb.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { median } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('startup-child.mjs', import.meta.url));

/** A round is the median of so many processes, because the start of a process takes tens of ms and varies. */
const PROCESSES = 7;

export async function run({ rounds, entries = 100_000 }) {
  const dataset = { name: 'random-ids', entries };
  const folders = { read: await prepared(c, dataset) };
  folders['lmdb-read'] = await prepared(lmdb, dataset);
  const modes = ['empty', 'leasehold', 'read', 'lmdb', 'lmdb-read'];
  const result = newResult('startup', rounds);
  const results = Object.fromEntries(modes.map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    const samples = Object.fromEntries(modes.map((mode) => [mode, []]));
    for (let turn = 0; turn < PROCESSES * modes.length; turn++) {
      const mode = modes[(turn + round) % modes.length];
      samples[mode].push(await sample(mode, folders[mode] ?? ''));
    }
    for (const mode of modes) {
      const of = (what) => median(samples[mode].map((each) => each[what]));
      results[mode].push({ lifetime: of('lifetime'), rss: of('rss'), work: of('work'), result: of('result') });
    }
  }
  requireSameByte(results);
  const above = (mode, what, unit) => results[mode].map((each, i) => (each[what] - results.empty[i][what]) / unit);
  const figures = [
    figure(
      'an empty script, from start to exit',
      'ms',
      results.empty.map(({ lifetime }) => lifetime),
    ),
    figure("import 'leasehold', above an empty script", 'ms', above('leasehold', 'lifetime', 1), { most: 15 }),
    figure("import 'leasehold', resident memory above it", 'MiB', above('leasehold', 'rss', 2 ** 20), { most: 8 }),
    figure('leasehold: import, open, first read, close, above it', 'ms', above('read', 'lifetime', 1)),
    figure("import 'lmdb' (lmdb-js), above an empty script", 'ms', above('lmdb', 'lifetime', 1)),
    figure("import 'lmdb', resident memory above it", 'MiB', above('lmdb', 'rss', 2 ** 20)),
    figure('lmdb-js: import, open, first read, close, above it', 'ms', above('lmdb-read', 'lifetime', 1)),
  ];
  console.log(`startup: ${rounds} rounds of ${PROCESSES} processes\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

async function prepared(driver, dataset) {
  await driver.prepare(dataset);
  return datasetFolder(dataset, driver.format);
}

async function sample(mode, folder) {
  const begin = performance.now();
  const text = await output(process.execPath, [child, mode, folder]);
  return { lifetime: performance.now() - begin, ...JSON.parse(text) };
}

function requireSameByte({ read, 'lmdb-read': peer }) {
  if (peer[0].result === read[0].result) return;
  throw new Error(`startup: leasehold read ${read[0].result} where lmdb-js read ${peer[0].result}`);
}
