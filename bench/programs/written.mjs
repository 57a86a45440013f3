// What people write around a range, beside the plain loop that does the same: `npm run bench -- written`.
import { fileURLToPath } from 'node:url';
import { figure, figureTable } from '../harness/figures.mjs';
import { libraryUrl } from '../harness/paths.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { turns } from '../harness/turns.mjs';

const child = fileURLToPath(new URL('written-child.mjs', import.meta.url));
/** Each shape: its name, and the shape with which it is compared. */
const shapes = {
  loop: ['for (const { value } of range)'],
  push: ['the entries pushed to an array'],
  toArray: ['toArray()', 'push'],
  spread: ['[...range]', 'push'],
  from: ['Array.from(range)', 'push'],
  forEach: ['forEach()', 'loop'],
  chain: ['.map().filter()', 'loop'],
  first: ['for (const entry of range({ limit: 1 }))'],
  destructured: ['const [entry] = range({ limit: 1 })', 'first'],
  'half-pushed': ['every second entry pushed to an array'],
  half: ['every second value kept', 'half-pushed'],
  awaited: ['for await', 'loop'],
  one: ['a helper over one collection, three times'],
  three: ['the helper over three kinds of collections', 'one'],
};
const PASSES = 12;

export async function run({ rounds, entries = 200_000 }) {
  process.env.BENCH_LIBRARY = libraryUrl;
  const result = newResult('written', rounds);
  const times = Object.fromEntries(Object.keys(shapes).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const found = await turns(child, Object.keys(shapes), (shape) => [shape, String(entries)], PASSES);
    for (const [name, passes] of Object.entries(found)) times[name].push(Math.min(...passes));
  }
  const figures = Object.entries(shapes).flatMap(([name, [title, plain]]) => {
    const each = figure(title, 'ns', times[name]);
    if (plain === undefined) return [each];
    const ratios = times[name].map((time, i) => time / times[plain][i]);
    return [each, figure('over its plain loop', 'times', ratios, { most: 1.5, travels: true })];
  });
  console.log(`written: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
