// What a KeyMap takes beside time: memory, and how long it stalls when it grows and when it is compacted.
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { prepare } from '../drivers/leasehold-keys.mjs';
import { output } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { median, spread } from '../harness/statistics.mjs';

const child = fileURLToPath(new URL('key-map-child.mjs', import.meta.url));

/** Each row: what is measured, from a result, and the most it may be. */
const rows = [
  ['bytes an entry beside the leases', ({ bytesPerEntry }) => bytesPerEntry, 40],
  ['filled, ms', ({ filled }) => filled.took],
  ['slowest 1,024 insertions, ms', ({ filled }) => filled.slowest],
  ['every entry deleted, ms', ({ deleted }) => deleted.took],
  ['slowest 1,024 deletions, ms', ({ deleted }) => deleted.slowest],
];

/** Measures `rounds` times and prints a table. */
export async function run({ rounds, entries = 1_000_000 }) {
  const dataset = { name: 'text-keys', entries };
  await prepare(dataset);
  const folder = datasetFolder(dataset, 'leasehold-keys');
  const results = [];
  for (let round = 0; round < rounds; round++) {
    const result = JSON.parse(await output(process.execPath, ['--expose-gc', child, folder]));
    if (result.size !== entries || result.left !== 0) throw new Error(`wrong sizes: ${JSON.stringify(result)}`);
    results.push(result);
  }
  const head = ['', 'median', 'min … max', 'to reach', ''];
  const table = new Table({ style: { head: [], border: [], compact: true }, head });
  for (const [title, measure, most] of rows) {
    const values = results.map(measure);
    const { min, max } = spread(values);
    const middle = median(values);
    const verdict = most === undefined ? ['', ''] : [`at most ${most}`, middle <= most ? 'pass' : 'miss'];
    table.push([title, middle.toPrecision(3), `${min.toPrecision(3)} … ${max.toPrecision(3)}`, ...verdict]);
  }
  console.log(`key-map: ${entries.toLocaleString('en')} entries, ${rounds} rounds\n${table}`);
}
