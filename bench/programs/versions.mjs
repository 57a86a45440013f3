// Versions: states that readers share, drafts, snapshots, optimistic transactions and watchers: `npm run bench -- versions`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { output } from '../harness/child.mjs';
import { figure, figureTable } from '../harness/figures.mjs';
import { bundleLibrary } from '../harness/internals.mjs';
import { newResult, saveResult } from '../harness/results.mjs';
import { turns } from '../harness/turns.mjs';

const child = fileURLToPath(new URL('versions-child.mjs', import.meta.url));
const watchChild = fileURLToPath(new URL('watch-child.mjs', import.meta.url));
/** Those that are measured one after the other. */
const alone = ['heap-shared', 'heap-clone', 'heap-msgpackr', 'transact', 'transact-sync'];
/** Those that are compared, and so take turns. */
const groups = [
  ['snapshots'],
  ['get-shared', 'get-plain', 'get-json'],
  ['assign-update', 'assign-immer', 'assign-mutative'],
  ['json-update', 'json-immer', 'json-mutative', 'json-only'],
  ['msgpack-update', 'msgpack-immer', 'msgpack-mutative', 'msgpack-only'],
];
const PASSES = 40;
const watchers = ['here', 'thread', 'process'];

/** What dist/ does not export: the function that makes a draft, and where codecs write to. */
const EXPORTS = `
    export * from 'lib/index.ts';
    export { nextState } from 'lib/write/draft.ts';
    export { writer } from 'lib/base/writer.ts';`;

const each = (mode) => (results) => results[mode].map((result) => result.each);
const ratio = (over, under) => (results) => results[over].map((result, i) => result.each / results[under][i].each);
const of = (mode, value) => (results) => results[mode].map(value);

/** The figures of a first assignment whose record is encoded then. */
function encoded(codec) {
  const over = (peer) => ratio(`${codec}-${peer}`, `${codec}-update`);
  return [
    [`first assignment, and the record encoded as ${codec}`, 'ns', each(`${codec}-update`)],
    ['the encoding alone', 'ns', each(`${codec}-only`)],
    ['immer over update()', 'times', over('immer'), { least: 2, travels: true }],
    ['mutative over update()', 'times', over('mutative'), { least: 2, travels: true }],
  ];
}

function watched(where, name) {
  return [
    [`${name}, p50`, 'µs', of(`watch-${where}`, ({ p50 }) => p50), { most: 1000 }],
    ['p99', 'µs', of(`watch-${where}`, ({ p99 }) => p99)],
  ];
}

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
  ['immer over update()', 'times', ratio('assign-immer', 'assign-update'), { travels: true }],
  ['mutative over update()', 'times', ratio('assign-mutative', 'assign-update'), { travels: true }],
  ...encoded('json'),
  ...encoded('msgpack'),
  ['transact() of one put', 'µs', of('transact', ({ transact }) => transact / 1000)],
  ['over an awaited batch of it', 'times', of('transact', ({ overBatch }) => overBatch), { most: 1.2, travels: true }],
  ["transact() of one put, durability: 'sync'", 'µs', of('transact-sync', ({ transact }) => transact / 1000)],
  [
    'over an awaited batch of it',
    'times',
    of('transact-sync', ({ overBatch }) => overBatch),
    { most: 1.2, travels: true },
  ],
  [
    'one after the other over 64 at a time',
    'times',
    of('transact-sync', ({ overTogether }) => overTogether),
    { least: 20, travels: true },
  ],
  ['commits for 64 at a time', '', of('transact-sync', ({ commits }) => commits), { most: 2, travels: true }],
  ...watched('here', 'a put until watch() gives it: in the same thread'),
  ...watched('thread', 'in another thread'),
  ...watched('process', 'in another process'),
  ['wake-ups of a process that waits for a commit', 'a second', of('watch-here', ({ wakes }) => wakes), { most: 100 }],
];

/** Measures everything `rounds` times; prints a table and writes results/versions.json. */
export async function run({ rounds }) {
  const library = await bundleLibrary('versions', EXPORTS);
  const result = newResult('versions', rounds);
  const results = {};
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  try {
    for (let round = 0; round < rounds; round++) {
      const place = (mode) => join(folder, `${round}-${mode}`);
      for (const [mode, measured] of Object.entries(await measure(library, place))) {
        results[mode] ??= [];
        results[mode].push(measured);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = rows.map(([name, unit, values, target]) => figure(name, unit, values(results), target));
  console.log(`versions: 1,000 records of ten fields, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

async function measure(library, place) {
  const measured = {};
  for (const mode of alone) {
    measured[mode] = JSON.parse(await output(process.execPath, ['--expose-gc', child, library, mode, place(mode)]));
  }
  for (const modes of groups) {
    const times = await turns(child, modes, (mode) => [library, mode, place(mode)], PASSES);
    for (const mode of modes) measured[mode] = { each: Math.min(...times[mode]) };
  }
  for (const where of watchers) {
    const mode = `watch-${where}`;
    measured[mode] = JSON.parse(await output(process.execPath, [watchChild, library, where, place(mode)]));
  }
  return measured;
}
