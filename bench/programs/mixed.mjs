// What a workload takes alone in a process, after collections of all other kinds were used, and on its first pass: `npm run bench -- mixed`.
import { fileURLToPath } from 'node:url';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { libraryUrl } from '../harness/paths.mjs';
import { turns } from '../harness/turns.mjs';

const child = fileURLToPath(new URL('mixed-child.mjs', import.meta.url));
/** Each with its name, and what its first pass may take, in ns. */
const workloads = {
  range: ['range, keys and values', 60],
  field: ['range, one field of ten'],
  text: ['range, short texts'],
  scan: ['scan, keys and values'],
  'range-10': ['ranges of ten entries'],
  get: ['get'],
  'get-many': ['getMany of 1,000'],
  'key-map': ['keys of a range, looked up in a KeyMap'],
  join: ['hashJoin'],
};
const PASSES = 15;

export async function run({ rounds, entries = 200_000 }) {
  process.env.BENCH_LIBRARY = libraryUrl;
  const result = newResult('mixed', rounds);
  const times = Object.fromEntries(Object.keys(workloads).map((name) => [name, { alone: [], mixed: [], first: [] }]));
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(workloads)) {
      const of = (state) => [name, state, String(entries)];
      const { alone, mixed } = await turns(child, ['alone', 'mixed'], of, PASSES);
      const { first } = await turns(child, ['first'], of, 1);
      times[name].alone.push(Math.min(...alone));
      times[name].mixed.push(Math.min(...mixed));
      times[name].first.push(first[0]);
    }
  }
  const figures = Object.entries(workloads).flatMap(([name, [title, most]]) => {
    const { alone, mixed, first } = times[name];
    return [
      figure(`${title}: alone`, 'ns', alone),
      figure('after collections of eight other kinds', 'ns', mixed),
      figure(
        'that over alone',
        'times',
        mixed.map((time, i) => time / alone[i]),
        { most: 1.1, travels: true },
      ),
      figure('the first pass', 'ns', first, most === undefined ? {} : { most }),
    ];
  });
  console.log(`mixed: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
