// What the end of a transaction costs: `npm run bench -- end`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { format, prepare } from '../drivers/c.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { machine } from '../harness/machine.mjs';
import { resultsFolder } from '../harness/paths.mjs';
import { median, spread } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('end-child.mjs', import.meta.url));
const modes = ['stall', 'unawaited', 'slices', 'once', 'sparse', 'dropped', 'empty'];

/** Each row: what is measured, from the results of a mode, in a unit, and the most it may be. */
const rows = [
  ['end() with 1 M live sinks, µs', ({ stall }) => stall.map(({ end }) => end * 1000), 200],
  ['longest stall until drained, ms', ({ stall }) => stall.map((result) => result.stall), 5],
  ['longest stall if nobody awaits drained, ms', ({ unawaited }) => unawaited.map((result) => result.stall)],
  ['and how long it takes then, ms', ({ unawaited }) => unawaited.map((result) => result.took)],
  ['total work in slices, ms', ({ slices }) => slices.map(({ work }) => work)],
  ['the same moved in one go, ms', ({ once }) => once.map(({ work }) => work)],
  ['slices over one go', ({ slices, once }) => slices.map(({ work }, i) => work / once[i].work), 1.7],
  ['retained for 1 sink in 1,000, MB', ({ sparse }) => sparse.map(({ retained }) => retained / 1e6), 5],
  ['bytes moved of 1 M sinks dropped, %', ({ dropped }) => dropped.map(({ moved, all }) => (100 * moved) / all), 1],
  ['empty transaction begun and ended, ns', ({ empty }) => empty.map(({ each }) => each), 300],
];

/** Measures each mode in turn, `rounds` times; prints a table and writes results/end.json. */
export async function run({ rounds, entries = 1_000_000 }) {
  const dataset = { name: 'random-ids', entries };
  await prepare(dataset);
  const folder = datasetFolder(dataset, format);
  const results = Object.fromEntries(modes.map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      results[mode].push(JSON.parse(await output(process.execPath, ['--expose-gc', child, mode, folder])));
    }
  }
  const head = ['', 'median', 'min … max', 'to reach', ''];
  const table = new Table({ style: { head: [], border: [], compact: true }, head });
  for (const [title, values, most] of rows) {
    const { min, max } = spread(values(results));
    const middle = median(values(results));
    const verdict = most === undefined ? ['', ''] : [`at most ${most}`, middle <= most ? 'pass' : 'miss'];
    table.push([title, middle.toPrecision(3), `${min.toPrecision(3)} … ${max.toPrecision(3)}`, ...verdict]);
  }
  console.log(`end: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${table}`);
  mkdirSync(resultsFolder, { recursive: true });
  writeFileSync(
    join(resultsFolder, 'end.json'),
    `${JSON.stringify({ machine: machine(), rounds, results }, null, 2)}\n`,
  );
}
