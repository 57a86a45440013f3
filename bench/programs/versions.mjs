// Versions: states that readers share, drafts, snapshots and optimistic transactions: `npm run bench -- versions`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { newResult, saveResult } from '../harness/results.mjs';

const child = fileURLToPath(new URL('versions-child.mjs', import.meta.url));
const modes = [
  'heap-shared',
  'heap-clone',
  'heap-msgpackr',
  'get-shared',
  'get-plain',
  'get-json',
  'snapshots',
  'assign-update',
  'assign-immer',
  'assign-mutative',
  'encode-update',
  'encode-immer',
  'encode-mutative',
  'transact',
  'transact-sync',
];

/** What dist/ does not export: the function that makes a draft. */
const EXPORTS = `
    export * from 'lib/index.ts';
    export { nextState } from 'lib/write/draft.ts';`;

const each = (mode) => (results) => results[mode].map((result) => result.each);
const ratio = (over, under) => (results) => results[over].map((result, i) => result.each / results[under][i].each);
const of = (mode, value) => (results) => results[mode].map(value);

/** Each figure: its name, its unit, its values from the results of the modes, and its target. */
const rows = [
  [
    '1,000 json records read by 1,000 snapshots: decoded',
    'times',
    of('heap-shared', ({ decodes }) => decodes),
    { most: 1000, travels: true },
  ],
  ['heap for each snapshot and record', 'bytes', each('heap-shared'), { most: 96, travels: true }],
  ['the same with structuredClone', 'bytes', each('heap-clone'), { travels: true }],
  ['the same with msgpackr', 'bytes', each('heap-msgpackr'), { travels: true }],
  ['get of a shared state', 'ns', each('get-shared')],
  ['get of bytes', 'ns', each('get-plain')],
  ['get of json', 'ns', each('get-json')],
  ['shared over bytes', 'times', ratio('get-shared', 'get-plain'), { most: 1.5, travels: true }],
  ['json over shared', 'times', ratio('get-json', 'get-shared'), { least: 5, travels: true }],
  ['a snapshot begun and ended, 10,000 open', 'ns', each('snapshots'), { most: 1000 }],
  ['first assignment in a draft of update()', 'ns', each('assign-update')],
  ['the same with immer', 'ns', each('assign-immer')],
  ['the same with mutative', 'ns', each('assign-mutative')],
  ['immer over update()', 'times', ratio('assign-immer', 'assign-update'), { least: 2, travels: true }],
  ['mutative over update()', 'times', ratio('assign-mutative', 'assign-update'), { least: 2, travels: true }],
  [
    'with the record encoded as JSON: immer over update()',
    'times',
    ratio('encode-immer', 'encode-update'),
    { travels: true },
  ],
  [
    'with the record encoded as JSON: mutative over update()',
    'times',
    ratio('encode-mutative', 'encode-update'),
    { travels: true },
  ],
  ['transact() of one put', 'µs', of('transact', ({ transact }) => transact / 1000)],
  [
    'over an awaited batch of it',
    'times',
    of('transact', ({ transact, batch }) => transact / batch),
    { most: 1.2, travels: true },
  ],
  ["transact() of one put, durability: 'sync'", 'µs', of('transact-sync', ({ transact }) => transact / 1000)],
  [
    'one after the other over 64 at a time',
    'times',
    of('transact-sync', ({ transact, together }) => transact / together),
    { least: 20, travels: true },
  ],
];

/** Measures each mode in turn, `rounds` times; prints a table and writes results/versions.json. */
export async function run({ rounds }) {
  const library = await bundleLibrary('versions', EXPORTS);
  const result = newResult('versions', rounds);
  const results = Object.fromEntries(modes.map((mode) => [mode, []]));
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  try {
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < modes.length; turn++) {
        const mode = modes[(turn + round) % modes.length];
        const place = join(folder, `${round}-${mode}`);
        results[mode].push(JSON.parse(await output(process.execPath, ['--expose-gc', child, library, mode, place])));
        rmSync(place, { recursive: true, force: true });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = rows.map(([name, unit, values, target]) => figure(name, unit, values(results), target));
  console.log(`versions: 1,000 records of ten fields, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}
