// Bytes allocated and copied an entry: `npm run bench -- allocations`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, prepare } from '../drivers/c.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { median } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('allocations-child.mjs', import.meta.url));

/** Each way to read: what it is, and the most bytes an entry that it may allocate, leases and tables included. */
const ways = {
  scan: ['scan, a byte of key and value read', 1],
  range: ['range, a byte of key and value read', 160],
  held: ['range, each key and value held', 160],
  keys: ['keys, a byte of each read', 96],
  'held-keys': ['keys, each held', 96],
  get: ['get, a byte read'],
  KeyMap: ['KeyMap of all keys, built'],
  hashJoin: ['hashJoin with itself, a byte of either side read'],
};

/** These hold much outside the heap, and V8 collects when that grows: fewer entries for them. */
const FEWER = { KeyMap: 200_000, hashJoin: 200_000 };

/** MiB of young generation: more than a pass allocates. */
const SEMI_SPACE = 512;

export async function run({ rounds, entries = 1_000_000 }) {
  const datasets = {};
  for (const name of Object.keys(ways)) {
    datasets[name] = { name: 'random-ids', entries: Math.min(entries, FEWER[name] ?? entries) };
    await prepare(datasets[name]);
  }
  // It counts bytes and takes no times: the rounds hardly differ.
  const turns = Math.min(rounds, 3);
  const result = newResult('allocations', turns);
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < turns; round++) {
    for (const name of Object.keys(ways)) {
      const dataset = datasets[name];
      const flags = [
        '--expose-gc',
        '--single-threaded-gc',
        `--max-semi-space-size=${SEMI_SPACE}`,
        `--min-semi-space-size=${SEMI_SPACE}`,
      ];
      const measured = JSON.parse(
        await output(process.execPath, [...flags, child, name, datasetFolder(dataset, format), dataset.entries]),
      );
      if (measured.passes) results[name].push(measured.passes);
      else if (round === 0) console.log(`${name} is left out: ${measured.absent}`);
    }
  }
  const figures = Object.entries(ways).flatMap(([name, [title, most]]) => {
    if (results[name].length === 0) return [];
    const values = (value) => results[name].map((passes) => median(passes.map(value)));
    const travels = true;
    const target = most === undefined ? { travels } : { most, travels };
    return [
      figure(
        `${title}: heap and external`,
        'bytes an entry',
        values(({ heap, external }) => heap + external),
        target,
      ),
      figure(
        `${title}: of it external`,
        'bytes an entry',
        values(({ external }) => external),
        { travels },
      ),
      figure(
        `${title}: copied`,
        'bytes an entry',
        values(({ copied }) => copied),
        { most: 0, travels },
      ),
    ];
  });
  console.log(`allocations: ${entries.toLocaleString('en')} entries, ${turns} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
