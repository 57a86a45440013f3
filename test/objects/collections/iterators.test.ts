import { describe, expect, test } from 'vitest';
import { PersistentList, PersistentMap, PersistentSet, type Store } from '../../../lib/objects/index.ts';
import { codeOf } from '../../support/fixture.ts';
import { Item, stored } from './store.ts';

/** Where a loop over a collection runs: outside of a write each change is a commit. */
const places: readonly [string, (store: Store, fn: () => void) => void, isStored: boolean][] = [
  ['in a write', (store, fn) => store.write(fn), true],
  ['outside of a write', (_store, fn) => fn(), true],
  ['not stored', (_store, fn) => fn(), false],
];

describe.each(places)('a loop %s', (_, run, isStored) => {
  function loop(
    fn: (map: PersistentMap<number, unknown>, set: PersistentSet<number>) => void,
    count: number = 100,
  ): void {
    const store = stored();
    const map = new PersistentMap<number, unknown>();
    const set = new PersistentSet<number>();
    store.write(() => {
      for (let n = 0; n < count; n++) {
        map.set(n, n);
        set.add(n);
      }
      if (isStored) Object.assign(store.root, { map, set });
    });
    run(store, () => fn(map, set));
  }

  test('does not meet what is deleted ahead of it, and meets what is added there', () => {
    loop((map) => {
      const met: number[] = [];
      for (const [key] of map) {
        met.push(key);
        if (key % 2 === 0) map.delete(key + 1);
        if (key === 4) map.set(4.5, 'new').set(3.5, 'too late');
        if (key === 98) map.set(99.5, 'at the end');
      }
      const even = Array.from({ length: 50 }, (_even, i) => 2 * i);
      // Whole numbers sort before others.
      expect(met).toEqual([...even, 3.5, 4.5, 99.5]);
    });
  });

  test('deletes all that it meets', () => {
    loop((map, set) => {
      for (const key of map.keys()) map.delete(key);
      for (const element of set) set.delete(element);
      expect([map.size, set.size, [...map], [...set]]).toEqual([0, 0, [], []]);
    });
  });

  test('sees the values as they are by then', () => {
    loop((map) => {
      const met: unknown[] = [];
      for (const value of map.values({ limit: 20 })) {
        met.push(value);
        for (let n = 0; n < 20; n++) map.set(n, -n);
      }
      expect(met).toEqual([0, ...Array.from({ length: 19 }, (_value, i) => -1 - i)]);
    });
  });

  test('in reverse, with a limit, goes on behind what it gave', () => {
    loop((map) => {
      const met: number[] = [];
      for (const key of map.keys({ reverse: true, offset: 1, limit: 5, lt: 90 })) {
        met.push(key);
        map.delete(key - 1);
        map.set(89.5, 0);
      }
      expect(met).toEqual([88, 86, 84, 82, 80]);
    });
  });

  test('ends at once when the collection is cleared, and stays at its end', () => {
    loop((map) => {
      const iterator = map.keys();
      expect(iterator.next().value).toBe(0);
      map.clear();
      expect(iterator.next()).toEqual({ done: true, value: undefined });
      map.set(1000, 1);
      expect(iterator.next()).toEqual({ done: true, value: undefined });
    });
  });

  test('reads as far as it is asked to, and no entry twice', () => {
    loop((map) => {
      expect([...map.keys()]).toEqual([...Array(3000).keys()]);
      expect([...map.keys({ gte: 1000, lt: 2500 })]).toEqual(Array.from({ length: 1500 }, (_key, i) => 1000 + i));
      const [first, second] = map.keys();
      expect([first, second]).toEqual([0, 1]);
    }, 3000);
  });
});

test('a loop over a list while elements are inserted and deleted', () => {
  const store = stored();
  store.root.list = new PersistentList();
  store.write(() => {
    const { list } = store.root;
    list.push(0, 1, 2, 3, 4);
    const met: unknown[] = [];
    for (const value of list) {
      met.push(value);
      if (value === 1) list.splice(3, 1, 'in place of 3');
      if (value === 2) list.unshift('behind the loop');
      if (value === 4) list.push('at the end');
    }
    expect(met).toEqual([0, 1, 2, 'in place of 3', 4, 'at the end']);
  });
});

test('a loop that waits goes on in the newest version; in a snapshot it sees that', async () => {
  const store = stored();
  store.root.map = new PersistentMap();
  const { map } = store.root;
  store.write(() => {
    for (let n = 0; n < 40; n++) map.set(n, n);
  });
  const view = store.snapshot();
  const live: number[] = [];
  const old: number[] = [];
  const ofView = view.root.map.keys();
  for (const key of map.keys()) {
    live.push(key);
    old.push(ofView.next().value);
    await null;
    map.delete(key + 1);
  }
  expect(live).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i));
  expect([...old, ...ofView]).toEqual([...Array(40).keys()]);
  const cut = view.root.map.entries();
  cut.next();
  view.end();
  expect(codeOf(() => cut.next())).toBe('ERR_TXN_ENDED');
});

test('a loop over drafts changes the values in place', () => {
  const store = stored();
  store.root.map = new PersistentMap();
  const { map } = store.root;
  store.write(() => {
    for (let n = 0; n < 20; n++) map.set(n, n % 2 === 0 ? { list: [] } : new Item({ n }));
    for (const [key, value] of map) {
      if (key % 2 === 0) value.list.push(key);
      else value.n *= 2;
    }
  });
  expect([map.get(18).list, map.get(19).n]).toEqual([[18], 38]);
});

test('a loop in a write goes on after an inner write has changed the collection, and after it was rolled back', () => {
  const store = stored();
  store.root.map = new PersistentMap();
  const { map } = store.root;
  store.write(() => {
    for (let n = 0; n < 6; n++) map.set(n, n);
    const met: unknown[] = [];
    for (const [key, value] of map) {
      met.push([key, value]);
      if (key === 1) store.write(() => map.set(2, 'changed'));
      if (key !== 2) continue;
      const failing = () =>
        store.write(() => {
          map.delete(3);
          map.set(4, 'lost');
          throw new Error('no');
        });
      expect(failing).toThrow('no');
    }
    expect(met).toEqual([
      [0, 0],
      [1, 1],
      [2, 'changed'],
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
  });
});
