// Every thousandth of ten million values kept past the end of the transaction: `npm run bench -- keep`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { format, prepare } from '../drivers/c.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { requireAgreement } from '../harness/summary.mjs';

const child = fileURLToPath(new URL('keep-child.mjs', import.meta.url));
const EVERY = 1000;
const modes = { held: 'range, held when it ends', moved: 'scan, keep() of each' };

export async function run({ rounds, entries = 10_000_000 }) {
  const dataset = { name: 'random-ids', entries };
  await prepare(dataset);
  const folder = datasetFolder(dataset, format);
  const result = newResult('keep', rounds);
  const results = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]));
  for (let round = 0; round < rounds; round++) {
    for (const mode of Object.keys(modes)) {
      results[mode].push(JSON.parse(await output(process.execPath, ['--expose-gc', child, mode, folder, EVERY])));
    }
  }
  requireAgreement({ name: 'keep' }, results);
  const figures = Object.entries(modes).flatMap(([mode, name]) => {
    const values = (what, unit = 1) => results[mode].map((each) => each[what] / unit);
    return [
      figure(`${name}: the scan, first pass of a process`, 'ns an entry', values('scan', entries / 1e6)),
      figure(`${name}: end()`, 'µs', values('end', 1e-3)),
      figure(`${name}: drained after`, 'ms', values('drain')),
      figure(`${name}: bytes moved`, 'MB', values('copied', 1e6), { travels: true }),
      figure(`${name}: bytes retained`, 'bytes a value kept', values('retained', Math.ceil(entries / EVERY)), {
        travels: true,
      }),
    ];
  });
  const head = `keep: 1 in ${EVERY.toLocaleString('en')} of ${entries.toLocaleString('en')} entries, ${rounds} rounds`;
  console.log(`${head}\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
