// What the end of a transaction costs: `npm run bench -- end`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, prepare } from '../drivers/c.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';

const child = fileURLToPath(new URL('end-child.mjs', import.meta.url));
const modes = ['none', 'thousand', 'stall', 'unawaited', 'slices', 'once', 'sparse', 'dropped', 'empty'];

/** Each figure: its name, its unit, its values from the results of the modes, and its target. */
const rows = [
  ['end() with no live sink', 'µs', ({ none }) => none.map(({ end }) => end * 1000)],
  ['end() with 1,000 live sinks', 'µs', ({ thousand }) => thousand.map(({ end }) => end * 1000)],
  ['end() with 1 M live sinks', 'µs', ({ stall }) => stall.map(({ end }) => end * 1000), { most: 200 }],
  ['longest stall of the event loop until drained', 'ms', ({ stall }) => stall.map(({ stall }) => stall), { most: 5 }],
  ['longest stall if nobody awaits `drained`', 'ms', ({ unawaited }) => unawaited.map(({ stall }) => stall)],
  ['and how long it takes then', 'ms', ({ unawaited }) => unawaited.map(({ took }) => took)],
  ['1 M sinks moved in slices, work in total', 'ms', ({ slices }) => slices.map(({ work }) => work)],
  ['the same moved in one go', 'ms', ({ once }) => once.map(({ work }) => work)],
  [
    'slices over one go',
    'times',
    ({ slices, once }) => slices.map(({ work }, i) => work / once[i].work),
    { most: 1.7, travels: true },
  ],
  [
    'retained for 1 sink in 1,000 of 1 M',
    'MB',
    ({ sparse }) => sparse.map(({ retained }) => retained / 1e6),
    { most: 5, travels: true },
  ],
  [
    'bytes moved of 1 M sinks that were let go',
    '%',
    ({ dropped }) => dropped.map(({ moved, all }) => (100 * moved) / all),
    { most: 1, travels: true },
  ],
  ['empty transaction begun and ended', 'ns', ({ empty }) => empty.map(({ each }) => each), { most: 300 }],
];

/** Measures each mode in turn, `rounds` times; prints a table and writes results/end.json. */
export async function run({ rounds, entries = 1_000_000 }) {
  const dataset = { name: 'random-ids', entries };
  await prepare(dataset);
  const folder = datasetFolder(dataset, format);
  const result = newResult('end', rounds);
  const results = Object.fromEntries(modes.map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < modes.length; turn++) {
      const mode = modes[(turn + round) % modes.length];
      results[mode].push(JSON.parse(await output(process.execPath, ['--expose-gc', child, mode, folder])));
    }
  }
  const figures = rows.map(([name, unit, values, target]) => figure(name, unit, values(results), target));
  console.log(`end: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
