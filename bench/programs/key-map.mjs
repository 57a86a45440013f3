// The costs of a KeyMap other than time: memory, and how long it stalls when it grows and when it is compacted. `npm run
// bench -- key-map`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { prepare } from '../drivers/leasehold-keys.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { newResult, saveResult } from '../harness/results.mjs';

const child = fileURLToPath(new URL('key-map-child.mjs', import.meta.url));

export async function run({ rounds, entries = 1_000_000 }) {
  const dataset = { name: 'text-keys', entries };
  await prepare(dataset);
  const folder = datasetFolder(dataset, 'leasehold-keys');
  const result = newResult('key-map', rounds);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const measured = JSON.parse(await output(process.execPath, ['--expose-gc', child, folder]));
    if (measured.size !== entries || measured.left !== 0) throw new Error(`wrong sizes: ${JSON.stringify(measured)}`);
    results.push(measured);
  }
  const values = (of) => results.map(of);
  const figures = [
    figure(
      'beside the leases',
      'bytes an entry',
      values(({ bytesPerEntry }) => bytesPerEntry),
      { most: 40, travels: true },
    ),
    figure(
      'filled',
      'ms',
      values(({ filled }) => filled.took),
    ),
    figure(
      'slowest 1,024 insertions',
      'ms',
      values(({ filled }) => filled.slowest),
    ),
    figure(
      'every entry deleted',
      'ms',
      values(({ deleted }) => deleted.took),
    ),
    figure(
      'slowest 1,024 deletions',
      'ms',
      values(({ deleted }) => deleted.slowest),
    ),
  ];
  console.log(`key-map: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
