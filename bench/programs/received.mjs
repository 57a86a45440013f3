// Rows that came in a block along with their table, read as Values: `npm run bench -- received`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { requireAgreement } from '../harness/summary.mjs';

const child = fileURLToPath(new URL('received-child.mjs', import.meta.url));
const modes = {
  loop: 'a loop over the table, without a Value',
  block: 'ReceivedBlock: adopted, and a Value a row',
  receive: 'a block filled in the same memory, and the loop',
  reused: 'the same, and a Value a row; then they expire',
  fresh: 'the same, and a Value a row; each block in memory of its own',
  held: 'the same, and 1 Value in 1,000 held',
  source: 'the same: LeaseSource, Value.from of each',
  copies: 'the same: a Buffer with a copy of each',
};

/** What dist/ does not export, since no program has a use for it yet. */
const EXPORTS = `
    import 'lib/index.ts';
    export { Value } from 'lib/value/value.ts';
    export { NO_VIEWS } from 'lib/lease/lease.ts';
    export { LeaseSource } from 'lib/lease/sources/lease-source.ts';
    export { ReceivedBlock } from 'lib/lease/sources/received-block.ts';`;

export async function run({ rounds, entries = 1_000_000 }) {
  const library = await bundleLibrary('received', EXPORTS);
  const result = newResult('received', rounds);
  const results = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    for (const mode of Object.keys(modes)) {
      results[mode].push(JSON.parse(await output(process.execPath, [child, library, mode, entries])));
    }
  }
  requireAgreement({ name: 'received' }, results);
  const figures = Object.entries(modes).map(([mode, name]) =>
    figure(
      name,
      'ns a row',
      results[mode].map(({ row }) => row),
    ),
  );
  const head = `received: blocks of 64 KiB, values of 100 bytes, ${entries.toLocaleString('en')} rows, ${rounds} rounds`;
  console.log(`${head}\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
