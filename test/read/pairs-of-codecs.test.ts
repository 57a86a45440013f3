import { expect, test } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/** Iterates over many kinds of collections, in a process that has iterated over nothing before, and tells how each was seen. */
const PROGRAM = `
  const keys = { bytes, utf8, uint32, tuple };
  const values = { bytes, utf8, json, msgpack, uint32, struct: struct({ n: t.u32 }) };
  const plain = (view) => (view instanceof Object && 'toBuffer' in view ? view.toBuffer().toString() : view);
  const keyOf = { bytes: (i) => Buffer.from('k' + i), utf8: (i) => 'k' + i, uint32: (i) => i, tuple: (i) => ['k', i] };
  const valueOf = { bytes: (i) => Buffer.from('v' + i), utf8: (i) => 'v' + i, json: (i) => [i], msgpack: (i) => [i], uint32: (i) => i, struct: (n) => ({ n }) };
  const env = open(args, { durability: 'nosync', maxCollections: 100 });
  const seen = {}, iterators = new Set(), entries = new Set(), cursors = [];
  for (const [k, key] of Object.entries(keys)) {
    for (const [v, value] of Object.entries(values)) {
      for (const versions of [false, true]) {
        const name = [k, v, versions].join();
        const collection = env.collection(name, { key, value, versions });
        env.write(() => { for (let i = 0; i < 30; i++) collection.put(keyOf[k](i), valueOf[v](i)); });
        const range = collection.range({ limit: 20 });
        iterators.add(Object.getPrototypeOf(range[Symbol.iterator]()));
        seen[name] = [...range].slice(0, 3).map((entry) => {
          entries.add(Object.getPrototypeOf(entry));
          return [String(plain(entry.key)), JSON.stringify(plain(entry.value)), entry.version !== undefined];
        });
        const { items, cursor } = range.take(5).page();
        cursors.push(range.cursorAfter(items.at(-1)) === cursor);
      }
    }
  }
  tell({ seen, iterators: iterators.size, entries: entries.size, cursors: cursors.every(Boolean) });`;

interface Told {
  readonly seen: Record<string, unknown>;
  readonly iterators: number;
  readonly entries: number;
  readonly cursors: boolean;
}

test('each pair of codecs has classes of its own, and all show the same; also where a program may not compile texts', () => {
  const told = askChild(PROGRAM, temporaryFolder()) as Told;
  expect(told.iterators).toBe(24);
  expect(told.entries).toBe(24);
  expect(told.cursors).toBe(true);
  const shown = (told.seen['tuple,struct,true'] as unknown[][]).map(([, ...rest]) => rest);
  expect(shown).toEqual([0, 1, 2].map((n) => [JSON.stringify({ n }), true]));

  const forbidden = askChild(PROGRAM, temporaryFolder(), {
    execArgv: ['--disallow-code-generation-from-strings'],
  }) as Told;
  expect(forbidden.iterators).toBe(1);
  expect(forbidden.entries).toBe(1);
  expect({ ...forbidden, iterators: 24, entries: 24 }).toEqual(told);
});

test('a stack that overflows while classes are made changes nothing for the iterations after it', () => {
  const told = askChild(
    `
    const env = open(args, { durability: 'nosync' });
    const collections = [utf8, json, bytes, msgpack].map((value, i) => env.collection('c' + i, { key: utf8, value }));
    const first = (collection) => Object.getPrototypeOf(collection.range()[Symbol.iterator]());
    first(collections[0]);
    // From the end of the stack outward, each iteration has a little more of it.
    let isMade = false;
    for (let left = 0; !isMade; left++) {
      let frames = left;
      const fall = () => {
        try {
          fall();
        } catch (error) {
          if (frames-- !== 0) throw error;
          first(collections[1]);
          isMade = true;
        }
      };
      try {
        fall();
      } catch {}
    }
    tell(new Set(collections.map(first)).size);`,
    temporaryFolder(),
  );
  expect(told).toBe(4);
});
