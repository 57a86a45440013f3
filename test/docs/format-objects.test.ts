import { execFileSync } from 'node:child_process';
import { beforeAll, expect, test } from 'vitest';
import {
  Counter,
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
    root.list = new PersistentList();
    root.set = new PersistentSet();
    root.counter = new Counter();
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
