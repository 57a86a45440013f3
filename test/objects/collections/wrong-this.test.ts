import assert from 'node:assert';
import { describe, expect, test } from 'vitest';
import { open } from '../../../lib/index.ts';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  type Store,
  t,
} from '../../../lib/objects/index.ts';
import { codeOf, temporaryFolder } from '../../support/fixture.ts';

// A class with a field of the name that maps have.
const Coded = persistent('this.Coded', { codec: t.utf8 })(class Coded {});

function stored(): { store: Store; d: Store['root'] } {
  const store = openStore(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  store.write(() => {
    Object.assign(d, { map: new PersistentMap(), set: new PersistentSet(), list: new PersistentList() });
    Object.assign(d, { counter: new Counter(), object: new Coded({ codec: 'any' }), codec: 'any' });
  });
  return { store, d };
}

const calls: Record<string, [prototype: object, method: string][]> = {
  map: ['get', 'has', 'set', 'delete', 'clear', 'range', 'keys', 'values', 'count'].map((name) => [
    PersistentMap.prototype,
    name,
  ]),
  set: ['has', 'add', 'delete', 'clear', 'range', 'count'].map((name) => [PersistentSet.prototype, name]),
  list: ['at', 'set', 'push', 'pop', 'shift', 'unshift', 'splice', 'clear', 'values'].map((name) => [
    PersistentList.prototype,
    name,
  ]),
  counter: [[Counter.prototype, 'add']],
};

test.each(Object.keys(calls))('the methods of a %s refuse any other object, and change nothing', async (own) => {
  const { store, d } = stored();
  const before = JSON.stringify(d);
  for (const other of ['map', 'set', 'list', 'counter', 'object', 'root', 'proxy', 'heir']) {
    if (other === own) continue;
    const subjects: Record<string, object> = { root: d, proxy: new Proxy(d[own], {}), heir: Object.create(d[own]) };
    const subject = subjects[other] ?? d[other];
    for (const [prototype, name] of calls[own] as [object, string][]) {
      const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
      expect([other, name, codeOf(() => Reflect.apply(method, subject, [1, 1]))]).toEqual([
        other,
        name,
        'ERR_INVALID_ARG_TYPE',
      ]);
    }
  }
  expect([JSON.stringify(d), d.codec]).toEqual([before, 'any']);
  for await (const problem of store.check()) expect(problem).toBeUndefined();
});

test('an object that inherits from the root gets properties of its own', () => {
  const { d } = stored();
  const heir = Object.create(d);
  heir.own = 1;
  expect([Object.keys(heir), 'own' in d, heir.codec]).toEqual([['own'], false, 'any']);
});

describe('node:assert compares what collections hold', () => {
  const of = {
    PersistentMap: (...keys: number[]) => {
      const map = new PersistentMap<number, object>();
      for (const key of keys) map.set(key, { key });
      return map;
    },
    PersistentSet: (...keys: number[]) => {
      const set = new PersistentSet<number>();
      for (const key of keys) set.add(key);
      return set;
    },
    PersistentList: (...values: number[]) => {
      const list = new PersistentList<number>();
      list.push(...values);
      return list;
    },
    Counter: (...numbers: number[]) => {
      const counter = new Counter();
      for (const number of numbers) counter.add(number);
      return counter;
    },
  };

  test.each(Object.entries(of))('%s', (name, make) => {
    assert.deepStrictEqual(make(1, 2), make(1, 2));
    assert.notDeepStrictEqual(make(1, 2), make(1, 3));
    const { d } = stored();
    d.a = make(1, 2);
    assert.deepStrictEqual(d.a, make(1, 2));
    assert.notDeepStrictEqual(d.a, make(1, 3));
    expect((make as { readonly prototype?: object }) && make().constructor.name).toBe(name);
  });
});

describe('openStore', () => {
  test('gives the store of an environment, and a store itself', () => {
    const { store } = stored();
    expect([openStore(store), openStore(store.environment)]).toEqual([store, store]);
    store.close();
    expect(codeOf(() => openStore(store.environment))).toBe('ERR_ENV_CLOSED');
  });

  test('closes what it has opened if there is no store in it', () => {
    const path = temporaryFolder();
    open(path).close();
    expect(codeOf(() => openStore(path, { readOnly: true }))).toBe('ERR_NO_COLLECTION');
    // Refused if this process had it open read-only.
    expect(Object.keys(openStore(path).root)).toEqual([]);
  });
});
