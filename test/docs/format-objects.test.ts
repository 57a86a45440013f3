import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import {
  Counter,
  idOf,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  ref,
  t,
} from '../../lib/objects/index.ts';
import { type Entries, parseDump } from '../interop/dump.ts';
import { compiledTools } from '../interop/tools.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { anyKey, readClasses, readGarbage, readObjects, readRows, type StoredRow } from './format-object-reader.ts';
import { example, hexOf, PAGE } from './format-page.ts';

const Frob = persistent('shop.Frob', { foo: t.u16, next: ref().optional(), tags: t.json })(class {});
const TID_BYTES = 8;

let path: string;

beforeAll(() => {
  path = temporaryFolder();
  const store = openStore(path);
  store.write(() => {
    const { root } = store;
    const frob = new Frob({ foo: 258, tags: ['a'] });
    frob.next = frob;
    root.x = frob;
    root.map = new PersistentMap();
    root.map.set('k', { to: frob });
    root.list = new PersistentList([1.5, frob, 'last']);
    root.set = new PersistentSet<unknown>(['a', frob]);
    root.counter = new Counter(7);
  });
  store.close();
});

/** What LMDB stores in a hidden collection. */
function stored(name: string): Entries {
  const dumped = execFileSync(compiledTools().dump, ['-s', name, path], { encoding: 'utf8' });
  return parseDump(dumped).get(name) ?? [];
}

/** The value of a key, without the tid. */
function storedValue(name: string, key: string): string {
  const entry = stored(name).find(([each]) => hexOf(each) === key);
  return hexOf((entry?.[1] ?? Buffer.alloc(TID_BYTES)).subarray(TID_BYTES));
}

test('the record of an object', () => {
  expect(storedValue('__leasehold_objects', '0000000000000002')).toBe(hexOf(example('object')));
});

test('the rows of a collection', () => {
  const key = hexOf(example('item-key'));
  // The number of the structure depends on what was encoded before, so put the number of the page in its place.
  const row = storedValue('__leasehold_items', key).replace(/(?<=d472)[67][0-9a-f]/, '60');
  expect(row).toBe(hexOf(example('item')));
  expect(storedValue('__leasehold_items', `${key.slice(0, 16)}00`)).toBe(hexOf(example('item-count')));
});

test('a reader that was written from the page alone reads all objects and rows', () => {
  const classes = readClasses(stored('__leasehold_classes'));
  const objects = readObjects(stored('__leasehold_objects'), classes);
  const rows = readRows(stored('__leasehold_items'));
  const idOf = (name: string): number => [...objects].find(([, each]) => each.class === name)?.[0] as number;
  const of = (id: number): unknown[] => rows.filter(({ owner, key }) => owner === id && key !== undefined);
  const countOf = (id: number): unknown => rows.find(({ owner, key }) => owner === id && key === undefined)?.value;
  const frob = idOf('shop.Frob');
  expect(objects.get(frob)).toMatchObject({
    fields: { foo: 258, next: { id: frob }, tags: ['a'] },
    references: [frob],
  });
  expect([...objects.values()].map(({ tid }) => tid)).toEqual([1, 2, 2, 2, 2, 2]);
  expect([...objects.values()].map((each) => each.class).sort()).toEqual(
    ['Counter', 'Dictionary', 'List', 'Map', 'Set'].map((name) => `leasehold.${name}`).concat('shop.Frob'),
  );
  const root = of(1) as StoredRow[];
  expect(root.map(({ key, value }) => [String(key), value])).toEqual([
    ['counter', { id: idOf('leasehold.Counter') }],
    ['list', { id: idOf('leasehold.List') }],
    ['map', { id: idOf('leasehold.Map') }],
    ['set', { id: idOf('leasehold.Set') }],
    ['x', { id: frob }],
  ]);
  const values = (name: string): unknown => (of(idOf(name)) as StoredRow[]).map(({ value }) => value);
  const keys = (name: string): unknown => (of(idOf(name)) as StoredRow[]).map(({ key }) => anyKey(key as Buffer));
  expect([keys('leasehold.Map'), values('leasehold.Map')]).toEqual([['k'], [{ to: { id: frob } }]]);
  expect(values('leasehold.List')).toEqual([1.5, { id: frob }, 'last']);
  expect([keys('leasehold.Set'), values('leasehold.Set')]).toEqual([
    ['a', { id: frob }],
    [true, { id: frob }],
  ]);
  expect(['Dictionary', 'Map', 'List', 'Set', 'Counter'].map((name) => countOf(idOf(`leasehold.${name}`)))).toEqual([
    5, 1, 3, 2, 7,
  ]);
});

test('collect() writes which objects are garbage, and deletes them', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  store.root.map = new PersistentMap([
    [1, new Frob({ foo: 1, tags: 0 })],
    [2, new Frob({ foo: 2, tags: 0 })],
  ]);
  store.root.kept = 1;
  const ids = [idOf(store.root.map), idOf(store.root.map.get(1)), idOf(store.root.map.get(2))] as number[];
  delete store.root.map;
  const entries = (name: string): Entries => {
    const dumped = execFileSync(compiledTools().dump, ['-s', name, folder], { encoding: 'utf8' });
    return parseDump(dumped).get(name) ?? [];
  };
  const onProgress = ({ phase }: { phase: string }): void => {
    if (phase === 'sweep' && entries('__leasehold_garbage').length > 0) throw new Error('enough');
  };
  await expect(store.collect({ onProgress })).rejects.toThrow('enough');
  expect(readGarbage(entries('__leasehold_garbage'))).toEqual(ids);
  expect(readObjects(entries('__leasehold_objects'), readClasses(entries('__leasehold_classes'))).size).toBe(4);
  await store.collect();
  expect(entries('__leasehold_garbage')).toEqual([]);
  expect([...readObjects(entries('__leasehold_objects'), readClasses(entries('__leasehold_classes'))).keys()]).toEqual([
    1,
  ]);
  expect(readRows(entries('__leasehold_items')).map(({ owner }) => owner)).toEqual([1, 1]);
  store.close();
});

test('the classes, of which the page names all of the library', () => {
  const classes = stored('__leasehold_classes').map(([key, value]) => [key.readUInt32BE(), String(value)]);
  const written = /`(\{"name":"shop\.Frob".*?)`/.exec(PAGE)?.[1];
  expect(classes).toContainEqual([2, written]);
  for (const [, json] of classes) {
    const { name } = JSON.parse(json as string);
    if (name !== 'shop.Frob') expect(PAGE).toContain(`\`${name}\``);
  }
  expect(classes).toHaveLength(6);
});
