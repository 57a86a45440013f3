// Persistent objects beside other stores, copies and objects on the heap: `npm run bench -- objects`. Locks and collect() have
// programs of their own.
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

const child = fileURLToPath(new URL('objects-child.mjs', import.meta.url));

/** What dist/ does not export: how a record is encoded without a store, and the states that views share. */
const EXPORTS = `
    export { uint32 } from 'lib/index.ts';
    export * from 'lib/objects/index.ts';
    export { handleOf, viewOf } from 'lib/objects/handle.ts';
    export { recordCodec } from 'lib/objects/record/record.ts';
    export { writer } from 'lib/base/writer.ts';`;

/** What makes the large stores and files, once for all rounds. */
const builds = ['build', 'build-lmdb', 'build-sqlite', 'build-files'];
/** Those that read what was built. */
const reading = /^(get|sum|pluck|restart|touched)-/;
const alone = [
  'views-together',
  'views-apart',
  'views-clone',
  'views-msgpackr',
  'restart-store',
  'restart-json',
  'restart-v8',
  'touched-store',
  'touched-heap',
];
/** Those that are compared take turns, so often. */
const groups = [
  [20, ['begin']],
  [20, ['field-object', 'field-plain', 'field-proxy']],
  [20, ['field-object-8', 'field-plain-8']],
  [20, ['get-hot-objects', 'get-hot-map', 'get-hot-lmdb', 'get-hot-lmdb-cache', 'get-hot-sqlite']],
  [5, ['get-all-objects', 'get-all-map', 'get-all-lmdb', 'get-all-sqlite']],
  [3, ['sum-objects']],
  [6, ['pluck-objects', 'sum-lmdb', 'sum-sqlite']],
  [200, ['assign-object', 'assign-immer', 'assign-mutative', 'assign-spread']],
  [100, ['store-object']],
  [10, ['create-map', 'create-linked', 'create-lmdb', 'create-sqlite']],
  [10, ['durable-object', 'durable-sqlite']],
  [10, ['fast-object', 'fast-sqlite']],
];

const each = (mode, unit = 1) => [({ [mode]: result }) => result.each / unit];
const ratio = (over, under) => [({ [over]: a, [under]: b }) => a.each / b.each];
const of = (mode, name, unit = 1) => [({ [mode]: result }) => result[name] / unit];
const ratioTo = (over, under, target) => [...ratio(over, under), { ...target, travels: true }];

/** Each figure: its name, its unit, its value from the results of a round, and its target. */
const rows = [
  [
    'heap for each view and object: 1,000 views of one version',
    'bytes',
    ...each('views-together'),
    { most: 96, travels: true },
  ],
  ['the same, a version for each view', 'bytes', ...each('views-apart'), { most: 96, travels: true }],
  ['the same with structuredClone', 'bytes', ...each('views-clone'), { travels: true }],
  ['the same with msgpackr', 'bytes', ...each('views-msgpackr'), { travels: true }],
  [
    'states of the 1,000 objects that these views have decoded again',
    '',
    ...of('views-apart', 'decoded'),
    { most: 10, travels: true },
  ],
  ['a view begun and ended', 'ns', ...each('begin'), { most: 1000 }],
  ['a field of a held object', 'ns', ...each('field-object')],
  ['over a plain object', 'times', ...ratioTo('field-object', 'field-plain', { most: 3 })],
  ['a Proxy over it', 'times', ...ratioTo('field-proxy', 'field-object', { least: 5 })],
  ['the same, 8 classes', 'ns', ...each('field-object-8')],
  ['over plain objects of 8 shapes', 'times', ...ratioTo('field-object-8', 'field-plain-8', { most: 3 })],
  ['map.get(k).age, 10,000 of 1 M objects', 'ns', ...each('get-hot-objects')],
  ['lmdb-js over it', 'times', ...ratioTo('get-hot-lmdb', 'get-hot-objects', { least: 5 })],
  ['lmdb-js with its cache over it', 'times', ...ratioTo('get-hot-lmdb-cache', 'get-hot-objects')],
  ['better-sqlite3 over it', 'times', ...ratioTo('get-hot-sqlite', 'get-hot-objects', { least: 5 })],
  ['over a Map', 'times', ...ratioTo('get-hot-objects', 'get-hot-map', { most: 10 })],
  ['the same, 100,000 of them at random', 'ns', ...each('get-all-objects')],
  ['lmdb-js over it', 'times', ...ratioTo('get-all-lmdb', 'get-all-objects')],
  ['better-sqlite3 over it', 'times', ...ratioTo('get-all-sqlite', 'get-all-objects')],
  ['over a Map', 'times', ...ratioTo('get-all-objects', 'get-all-map')],
  ["sum of a field of 1 M objects, by pluck(User, 'visits'): each", 'ns', ...each('pluck-objects')],
  ['lmdb-js over it', 'times', ...ratioTo('sum-lmdb', 'pluck-objects', { least: 8 })],
  ['better-sqlite3 over it', 'times', ...ratioTo('sum-sqlite', 'pluck-objects')],
  ['the same by the objects of all(User): each', 'ns', ...each('sum-objects')],
  ['lmdb-js over it', 'times', ...ratioTo('sum-lmdb', 'sum-objects')],
  ['first assignment, and the record encoded', 'ns', ...each('assign-object')],
  ['immer and msgpackr over it', 'times', ...ratioTo('assign-immer', 'assign-object', { least: 2 })],
  ['mutative and msgpackr over it', 'times', ...ratioTo('assign-mutative', 'assign-object', { least: 2 })],
  ['spread and msgpackr over it', 'times', ...ratioTo('assign-spread', 'assign-object', { least: 1 })],
  ['the same, and put', 'ns', ...each('store-object')],
  ['1 M objects: from opening to the first field', 'ms', ...each('restart-store', 1e6), { most: 20 }],
  ['processor time of that', 'ms', ...of('restart-store', 'processor', 1e6)],
  ['the same with JSON.parse', 'ms', ...each('restart-json', 1e6)],
  ['the same with v8.deserialize', 'ms', ...each('restart-v8', 1e6)],
  ['10,000 objects created in one write, in a map: each', 'ns', ...each('create-map')],
  ['lmdb-js over it', 'times', ...ratioTo('create-lmdb', 'create-map', { least: 1.5 })],
  ['better-sqlite3 over it', 'times', ...ratioTo('create-sqlite', 'create-map', { least: 1.5 })],
  ['the same in a list linked by references', 'ns', ...each('create-linked')],
  ['lmdb-js over it', 'times', ...ratioTo('create-lmdb', 'create-linked')],
  ['better-sqlite3 over it', 'times', ...ratioTo('create-sqlite', 'create-linked')],
  ['a durable assignment', 'µs', ...each('durable-object', 1000)],
  ['UPDATE of better-sqlite3 over it', 'times', ...ratioTo('durable-sqlite', 'durable-object', { least: 1 })],
  ['an assignment that waits for no disk', 'µs', ...each('fast-object', 1000)],
  ['UPDATE of better-sqlite3 over it', 'times', ...ratioTo('fast-sqlite', 'fast-object', { least: 1 })],
  ['heap of a store of 1 M objects, 1,000 of them read', 'MB', ...each('touched-store', 1e6)],
  [
    'of 1 M objects on the heap',
    '%',
    (results) => (100 * results['touched-store'].each) / results['touched-heap'].each,
    { most: 1, travels: true },
  ],
];

/** Measures everything `rounds` times; prints a table and writes results/objects.json. */
export async function run({ rounds }) {
  const library = await bundleLibrary('objects', EXPORTS);
  const result = newResult('objects', rounds);
  const results = [];
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const built = join(folder, 'built');
  try {
    for (const mode of builds) await once(library, mode, built);
    for (let round = 0; round < rounds; round++) {
      const place = (mode) => (reading.test(mode) ? built : join(folder, `${round}-${mode}`));
      results.push(await measure(library, place));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const figures = rows.map(([name, unit, value, target]) => figure(name, unit, results.map(value), target));
  console.log(`objects of ten fields, ${rounds} rounds\n${figureTable(figures)}\n`);
  saveResult({ ...result, figures });
}

async function once(library, mode, folder) {
  return JSON.parse(await output(process.execPath, ['--expose-gc', child, library, mode, folder]));
}

async function measure(library, place) {
  const measured = {};
  for (const mode of alone) measured[mode] = await once(library, mode, place(mode));
  for (const [passes, modes] of groups) {
    const times = await turns(child, modes, (mode) => [library, mode, place(mode)], passes);
    for (const mode of modes) measured[mode] = { each: Math.min(...times[mode]) };
  }
  return measured;
}
