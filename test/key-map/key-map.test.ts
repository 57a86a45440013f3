import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, Key, KeyMap, Value } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';

const hex = (key: Key | Value): string => key.toBuffer().toString('hex');
const named = (name: string): Key => Key.of(name) as Key;

describe('a KeyMap', () => {
  test('goes by the bytes of a key, whatever holds them', () => {
    const map = new KeyMap<Key | Value, number>();
    const key = Key.of('FR', 1);
    expect(map.set(key, 1)).toBe(map);
    map.set(key.toBuffer(), 2);
    expect(map.size).toBe(1);
    expect(map.get(Key.of('FR', 1))).toBe(2);
    expect(map.get(new Uint8Array(key.toBuffer()))).toBe(2);
    expect(map.get(Key.of(key.toBuffer()).at(0))).toBe(2);
    expect(map.get(Key.of('FR'))).toBe(undefined);
    expect(map.get(Key.of('x', 'FR', 1).slice(1))).toBe(2);
    expect([map.has(key), map.has(new Uint8Array())]).toEqual([true, false]);
    map.set(new Uint8Array(), 3).set(Buffer.alloc(100_000, 1), 4);
    expect([map.get(Key.fromHex('')), map.get(Buffer.alloc(100_000, 1)), map.get(Buffer.alloc(99_999, 1))]).toEqual([
      3,
      4,
      undefined,
    ]);
  });

  test('copies what is changed later', () => {
    const given = Uint8Array.of(1, 2, 3);
    const map = new KeyMap([[given, 'x']]);
    given[0] = 9;
    expect([map.has(given), map.has(Uint8Array.of(1, 2, 3))]).toEqual([false, true]);
  });

  test('gives Keys for Keys, Values for all else, in the order in which they were put in', () => {
    const map = new KeyMap<Key | Value, unknown>([
      [Key.of('b'), 1],
      [Uint8Array.of(2), undefined],
      [Key.of(Uint8Array.of(1)).at(0), null],
    ]);
    const again = map.set(Key.of('b').toBuffer(), 2);
    const keys = [...again.keys()];
    expect(keys.map((key) => key.constructor)).toEqual([Key, Value, Value]);
    expect((keys[0] as Key).at(0)).toBe('b');
    expect([...map.values()]).toEqual([2, undefined, null]);
    expect([...map].map(([key, value]) => [hex(key), value])).toEqual([
      ['026200', 2],
      ['02', undefined],
      ['01', null],
    ]);
    expect([map.has(Uint8Array.of(2)), map.get(Uint8Array.of(2))]).toEqual([true, undefined]);
  });

  test('is made of pairs, as a Map is', () => {
    expect(new KeyMap(null).size).toBe(0);
    expect(new KeyMap(new KeyMap([[Key.of(1), 'x']])).get(Key.of(1))).toBe('x');
    for (const wrong of [1, {}, [1], [null], 'text']) {
      expect(codeOf(() => new KeyMap(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
  });

  test('refuses what is no key', () => {
    const map = new KeyMap<Key | Value, number>();
    const forged = Object.create(Key.prototype) as Key;
    for (const wrong of [
      'FR',
      1,
      null,
      undefined,
      {},
      [1],
      new ArrayBuffer(1),
      new Uint16Array(1),
      forged,
    ] as never[]) {
      for (const call of [
        () => map.set(wrong, 1),
        () => map.get(wrong),
        () => map.has(wrong),
        () => map.delete(wrong),
      ]) {
        expect(codeOf(call)).toBe('ERR_INVALID_ARG_TYPE');
      }
    }
    expect(codeOf(() => map.forEach(1 as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(map.size).toBe(0);
  });

  test('prints its entries', () => {
    const map = new KeyMap<Key, unknown>([[Key.of('a', 1), { x: 1 }]]);
    expect(inspect(map)).toBe("KeyMap(1) { Key [ 'a', 1 ] => { x: 1 } }");
    expect(inspect(new KeyMap())).toBe('KeyMap(0) {}');
    for (let i = 0; i < 200; i++) map.set(Key.of(i), i);
    expect(inspect(map)).toContain('and 101 more');
    expect(inspect([[[map]]])).toContain('[KeyMap]');
    expect(inspect(KeyMap.prototype)).toBeTypeOf('string');
  });
});

describe('while it is iterated', () => {
  const names = (map: KeyMap<Key, unknown>): unknown[] => [...map.keys()].map((key) => key.at(0));

  test('what is added is seen, what is deleted is not', () => {
    const map = new KeyMap<Key, number>();
    for (const name of ['a', 'b', 'c']) map.set(named(name), 0);
    const seen: unknown[] = [];
    for (const [key] of map) {
      const name = key.at(0);
      seen.push(name);
      if (name === 'a') map.delete(Key.of('b'));
      if (name === 'c') map.set(named('b'), 1).set(named('d'), 2);
    }
    expect(seen).toEqual(['a', 'c', 'b', 'd']);
    expect(names(map)).toEqual(seen);
  });

  test('forEach passes value, key and map, and sees what is added', () => {
    const map = new KeyMap<Key, number>([[named('a'), 1]]);
    const receiver = {};
    const seen: unknown[] = [];
    map.forEach(function (this: unknown, value, key, given) {
      expect([this, given]).toEqual([receiver, map]);
      seen.push([key.at(0), value]);
      if (value < 3) map.set(named('x'.repeat(value)), value + 1);
    }, receiver);
    expect(seen).toEqual([
      ['a', 1],
      ['x', 2],
      ['xx', 3],
    ]);
  });

  test('an iterator stays where it is when the map is compacted or cleared', () => {
    const map = new KeyMap<Key, number>();
    const all = Array.from({ length: 1000 }, (_, i) => Key.of(i) as Key);
    for (const key of all) map.set(key, 0);
    const iterator = map.keys();
    for (let i = 0; i < 600; i++) expect(iterator.next().value?.at(0)).toBe(i);
    for (let i = 0; i < 1000; i++) if (i % 10 !== 3) map.delete(all[i] as Key);
    expect(iterator.next().value?.at(0)).toBe(603);
    map.clear();
    map.set(named('new'), 1);
    expect(iterator.next().value?.at(0)).toBe('new');
    expect(iterator.next()).toEqual({ done: true, value: undefined });
    map.set(named('newer'), 1);
    expect(iterator.next()).toEqual({ done: true, value: undefined });
  });
});

type Operation = ['set' | 'delete' | 'get', number] | ['clear' | 'next' | 'iterate', number];

const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.constantFrom('set', 'delete', 'get'), fc.nat(120)) },
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom('next'), fc.nat(3)) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('clear', 'iterate'), fc.nat(3)) },
  ) as fc.Arbitrary<Operation>,
  { minLength: 50, maxLength: 600 },
);

/** A Map of hexadecimal strings and a KeyMap, to which the same is done. */
class Twins {
  readonly model = new Map<string, number>();
  readonly map = new KeyMap<Key | Value, number>();
  #steps = 0;
  readonly #iterators: [Iterator<[string, number]>, Iterator<[Key | Value, number]>][] = [];

  do([name, n]: Operation, key: Key | Value | Uint8Array): void {
    const text = key instanceof Uint8Array ? Buffer.from(key).toString('hex') : hex(key);
    const step = this.#steps++;
    if (name === 'set') {
      this.model.set(text, step);
      this.map.set(key, step);
    } else if (name === 'delete') {
      expect(this.map.delete(key)).toBe(this.model.delete(text));
    } else if (name === 'get') {
      expect([this.map.get(key), this.map.has(key)]).toEqual([this.model.get(text), this.model.has(text)]);
    } else if (name === 'clear') {
      this.model.clear();
      this.map.clear();
    } else if (name === 'iterate') {
      this.#iterators[n] = [this.model.entries(), this.map.entries()];
    } else if (this.#iterators[n] !== undefined) {
      const [expected, found] = [this.#iterators[n][0].next(), this.#iterators[n][1].next()];
      expect(found.done ?? false).toBe(expected.done ?? false);
      if (!found.done) expect([hex(found.value[0]), found.value[1]]).toEqual(expected.value);
    }
  }

  check(): void {
    expect(this.map.size).toBe(this.model.size);
    expect([...this.map].map(([key, value]) => [hex(key), value])).toEqual([...this.model]);
  }
}

test('does what a Map does: random operations with keys of every kind', { timeout: 60_000 }, () => {
  const { env, items } = collectionOf({ key: bytes, value: bytes });
  env.write(() => {
    for (let i = 0; i <= 120; i++) items.put(Buffer.from(`key ${i}`), Buffer.from(`value ${i}`));
  });
  const txn = env.read();
  const lent = items.range({}, txn).keys().toArray();
  const indexOf = new Map(lent.map((key, i) => [key.toBuffer().toString(), i]));
  const read = Array.from({ length: 121 }, (_, i) => lent[indexOf.get(`key ${i}`) as number] as Value);
  fc.assert(
    fc.property(operations, fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }), (steps, kinds) => {
      const twins = new Twins();
      steps.forEach((step, i) => {
        const key = read[step[1]] as Value;
        const kind = kinds[i % 7] as number;
        twins.do(step, kind < 2 ? key : kind === 2 ? key.toBuffer() : (Key.of(key.toBuffer()).at(0) as Value));
      });
      twins.check();
    }),
    { numRuns: 300 },
  );
  txn.end();
});

test('1,000 KeyMaps of every size up to 1,000 hold what was put in', () => {
  const map = new KeyMap<Key | Value, number>();
  for (let size = 0; size < 1000; size++) {
    map.set(Key.of(size), size);
    for (const i of [0, size >> 1, size]) expect(map.get(Key.of(i))).toBe(i);
    expect([map.size, map.has(Key.of(size + 1))]).toEqual([size + 1, false]);
  }
});

test('half a million entries are put in, found, deleted and found again', { timeout: 60_000 }, () => {
  const entries = 500_000;
  const key = Buffer.alloc(8);
  const map = new KeyMap<Key | Value, number>();
  for (let i = 0; i < entries; i++) {
    key.writeDoubleLE(i);
    map.set(key, i);
  }
  let wrong = 0;
  for (let i = 0; i < entries; i++) {
    key.writeDoubleLE(i);
    if (map.get(key) !== i) wrong++;
    if (i % 3 !== 0 && !map.delete(key)) wrong++;
  }
  for (let i = 0; i < entries; i++) {
    key.writeDoubleLE(i);
    if (map.get(key) !== (i % 3 === 0 ? i : undefined)) wrong++;
  }
  let expected = 0;
  for (const [found, value] of map) {
    if (value !== expected || found.toBuffer().readDoubleLE() !== expected) wrong++;
    expected += 3;
  }
  expect([wrong, map.size]).toEqual([0, Math.ceil(entries / 3)]);
});
