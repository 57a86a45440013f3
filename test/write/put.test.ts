import { describe, expect, test } from 'vitest';
import { bytes, type Collection, json, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf, openAt, openTemporary } from '../support/fixture.ts';

type Items = Collection<number, string>;

const world = () => collectionOf({ key: uint32, value: utf8 });
const text = (i: number, length = 60): string => `${i} `.padEnd(length, 'x');
const contents = (items: Items): [number, string][] =>
  items
    .range()
    .map(({ key, value }): [number, string] => [key, value])
    .toArray();
const sorted = (model: Map<number, string>): [number, string][] => [...model].sort(([a], [b]) => a - b);

/** The same numbers each time. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('puts one after the other in a write transaction', () => {
  test('go on in the parent as if a child that was rolled back had not put', () => {
    const { env, items } = world();
    env.write(() => {
      for (let i = 0; i < 500; i++) items.put(i * 2, text(i));
      expect(() =>
        env.write(() => {
          for (let i = 0; i < 3000; i++) items.put(i, text(i, 200));
          for (let i = 0; i < 400; i++) items.del(i);
          throw new Error('undone');
        }),
      ).toThrow('undone');
      for (let i = 500; i < 1000; i++) items.put(i * 2, text(i));
    });
    expect(contents(items)).toEqual(Array.from({ length: 1000 }, (_, i) => [i * 2, text(i)]));
  });

  test('go on behind what a child has committed', () => {
    const { env, items } = world();
    env.write(() => {
      for (let i = 0; i < 300; i++) items.put(i * 3, text(i));
      env.write(() => {
        for (let i = 0; i < 300; i++) items.put(i * 3 + 1, text(i, 90));
        env.write(() => items.put(2, 'of the grandchild'));
        items.put(5, 'of the child');
      });
      for (let i = 300; i < 600; i++) items.put(i * 3, text(i));
    });
    const model = new Map<number, string>([
      [2, 'of the grandchild'],
      [5, 'of the child'],
    ]);
    for (let i = 0; i < 600; i++) model.set(i * 3, text(i));
    for (let i = 0; i < 300; i++) model.set(i * 3 + 1, text(i, 90));
    expect(contents(items)).toEqual(sorted(model));
  });

  test.each(['clear', 'drop'] as const)('go on after %s() of this collection and of another', (call) => {
    const { env, items } = world();
    const others = env.collection('others', { key: uint32, value: utf8 });
    env.write(() => {
      for (let i = 0; i < 2000; i++) {
        items.put(i, text(i));
        others.put(i, text(i));
      }
      others[call]();
      for (let i = 2000; i < 3000; i++) items.put(i, text(i));
      items.clear();
      for (let i = 100; i > 0; i--) items.put(i, text(i));
    });
    expect(contents(items)).toEqual(Array.from({ length: 100 }, (_, i) => [i + 1, text(i + 1)]));
    expect(env.collection('others', { key: uint32, value: utf8 }).count()).toBe(0);
  });

  test('of several collections by turns do not mix', () => {
    const env = openTemporary();
    const all = Array.from({ length: 4 }, (_, i) => env.collection(`c${i}`, { key: uint32, value: utf8 }));
    env.write(() => {
      for (let i = 0; i < 4000; i++) (all[i % 4] as Items).put(i, text(i));
    });
    for (const [c, items] of all.entries()) {
      expect(contents(items)).toEqual(Array.from({ length: 1000 }, (_, i) => [i * 4 + c, text(i * 4 + c)]));
    }
  });

  test('are seen by a range that goes on meanwhile, before and behind where it stands', () => {
    const { env, items } = world();
    env.write(() => {
      for (let i = 0; i < 1000; i++) items.put(i * 10, text(i));
      const seen: number[] = [];
      for (const { key } of items.range()) {
        seen.push(key);
        if (key % 10 === 0) {
          items.put(key + 5, text(key, 100));
          items.put(Math.max(0, key - 3), text(key, 100));
          if (key % 100 === 0) items.del(key + 10);
        }
      }
      const expected: number[] = [];
      for (let key = 0; key < 10000; key += 10) {
        if (key % 100 !== 10) expected.push(key, key + 5);
      }
      expect(seen).toEqual(expected);
    });
  });

  test('store what a getter of the value puts too', () => {
    const env = openTemporary();
    const items = env.collection('items', { key: uint32, value: json });
    env.write(() => {
      for (let i = 0; i < 500; i++) {
        const value = {
          get inner() {
            items.put(10000 + i, { by: 'the getter' });
            return i;
          },
        };
        items.put(i, value);
      }
    });
    expect(items.count()).toBe(1000);
    expect([items.get(499), items.get(10499)]).toEqual([{ inner: 499 }, { by: 'the getter' }]);
  });

  test('take values of every length, overflow pages included, over others', () => {
    const { env, items } = collectionOf({ key: uint32, value: bytes });
    const random = randomNumbers(7);
    const model = new Map<number, Buffer>();
    env.write(() => {
      for (let turn = 0; turn < 3000; turn++) {
        const key = random(400);
        const value = Buffer.alloc(random(10) === 0 ? random(9000) : random(1500), turn);
        items.put(key, value);
        model.set(key, value);
      }
    });
    for (const { key, value } of items.range()) expect(value.equals(model.get(key) as Buffer)).toBe(true);
    expect(items.count()).toBe(model.size);
  });

  test.each([1, 2, 3])('of any kind leave what a map would hold, children rolled back or not (seed %i)', (seed) => {
    const { env, items } = world();
    const random = randomNumbers(seed);
    const spread = 1 + random(20000);
    let last = 0;

    function change(model: Map<number, string>, depth: number): void {
      for (let turn = 0, turns = random(depth === 0 ? 6000 : 800); turn < turns; turn++) {
        const kind = random(depth < 3 ? 401 : 400);
        const key = kind % 3 === 0 ? last++ : random(spread);
        if (kind < 300) {
          const value = text(turn, random(200));
          items.put(key, value);
          model.set(key, value);
        } else if (kind < 380) {
          expect(items.del(key)).toBe(model.delete(key));
        } else if (kind < 399) {
          expect(items.get(key)).toBe(model.get(key));
        } else if (kind === 399) {
          if (random(8) === 0) {
            items.clear();
            model.clear();
          }
        } else {
          child(model, depth);
        }
      }
    }

    function child(model: Map<number, string>, depth: number): void {
      const inner = new Map(model);
      try {
        env.write(() => {
          change(inner, depth + 1);
          if (random(2) === 0) throw new Error('undone');
        });
      } catch (error) {
        if ((error as Error).message !== 'undone') throw error;
        return;
      }
      model.clear();
      for (const [key, value] of inner) model.set(key, value);
    }

    const model = new Map<number, string>();
    for (let round = 0; round < 4; round++) {
      env.write(() => change(model, 0));
      expect(contents(items)).toEqual(sorted(model));
    }
    env.close();
    expect(contents(openAt(env.path).collection('items', { key: uint32, value: utf8 }))).toEqual(sorted(model));
  });
});
