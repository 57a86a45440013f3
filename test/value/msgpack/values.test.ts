import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { msgpack, utf8 } from '../../../lib/index.ts';
import { askChild } from '../../support/child.ts';
import { codeOf, collectionOf, openAt, openTemporary } from '../../support/fixture.ts';

const codecs = { key: utf8, value: msgpack };

class Point {
  x = 1;
  y = 2;
}

class Hidden {
  #hidden = 3;
  toJSON() {
    return { shown: this.#hidden };
  }
}

describe('what msgpack holds', () => {
  test.each<[string, unknown]>([
    ['null', null],
    ['booleans', [true, false]],
    [
      'numbers',
      [0, 1, 63, 64, 127, 128, 255, 65535, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, -33, -129, 1.5, 1e300, Infinity],
    ],
    ['bigints', [1n, -1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 200n, -(2n ** 200n)]],
    ['strings', ['', 'é', '😀', 'x'.repeat(70_000), 'a\0b']],
    ['bytes', Buffer.from([1, 2, 3])],
    ['dates', [new Date(0), new Date(1_700_000_000_123), new Date(-1)]],
    ['undefined in an array and an object', { a: undefined, b: [undefined] }],
    ['arrays and objects in each other', { a: [{ b: { c: [1, [2]] } }], d: {} }],
    ['an empty object', {}],
    [
      'a Map, a Set',
      [
        new Map<unknown, unknown>([
          ['a', 1],
          [2, { b: 1 }],
        ]),
        new Set([1, 'a']),
      ],
    ],
    ['a RegExp', /a+b/gi],
    ['typed arrays', [new Float64Array([1.5, 2]), new Uint16Array([7])]],
    ['names that are no identifiers', { 'a b': 1, '0': 2, é: 3, '"': 4, constructor: 5, '': 6 }],
    [
      'more properties than structures are shared for',
      Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, i])),
    ],
  ])('%s', (_, value) => {
    const { env, items } = collectionOf(codecs);
    items.put('k', value);
    items.put('again', [value, value]);
    expect(items.get('k')).toEqual(value);
    expect(items.get('again')).toEqual([value, value]);
    env.read((txn) => expect(items.range({}, txn).toArray()[1]?.value).toEqual(value));
    env.close();
    expect(openAt(env.path).collection('items', codecs).get('k')).toEqual(value);
  });

  test('an instance of a class as its properties, or as what its toJSON gives', () => {
    const { items } = collectionOf(codecs);
    items.put('point', new Point());
    items.put('json', { at: new Hidden() });
    items.put('null', Object.assign(Object.create(null), { x: 4 }));
    expect([items.get('point'), items.get('json'), items.get('null')]).toEqual([
      { x: 1, y: 2 },
      { at: { shown: 3 } },
      { x: 4 },
    ]);
  });

  test('any value that fast-check makes, 2,000 in one collection', () => {
    const { env, items } = collectionOf(codecs);
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withUnicodeString: false,
      maxDepth: 3,
    });
    const wellKept = (value: unknown): unknown => {
      // msgpackr does not keep -0, and renames __proto__.
      return JSON.stringify(value, (name, part) => {
        if (name === '__proto__' || Object.is(part, -0)) throw new Error('not kept');
        return typeof part === 'bigint' ? `${part}` : part;
      });
    };
    const values: unknown[] = [];
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(value !== undefined && kept(() => wellKept(value)));
        items.put(String(values.length), value);
        values.push(value);
      }),
      { numRuns: 2000, seed: 20_261_120 },
    );
    expect(values.length).toBeGreaterThan(500);
    env.close();
    const again = openAt(env.path).collection('items');
    for (const [i, value] of values.entries()) expect(again.get(String(i))).toEqual(value);
  });
});

function kept(fn: () => unknown): boolean {
  try {
    fn();
    return true;
  } catch {
    return false;
  }
}

test.each<[string, unknown, string]>([
  ['undefined', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['a function', () => 1, 'ERR_INVALID_ARG_TYPE'],
  ['a function inside', { a: { b: () => 1 } }, 'ERR_INVALID_ARG_TYPE'],
  ['a symbol', Symbol('s'), 'ERR_INVALID_ARG_TYPE'],
  [
    'a cycle',
    (() => {
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      return cycle;
    })(),
    'ERR_INVALID_ARG_VALUE',
  ],
])('%s is refused, nothing is written, and the next value is', (_, value, code) => {
  const { items } = collectionOf(codecs);
  items.put('before', { a: 1 });
  expect(codeOf(() => items.put('k', value))).toBe(code);
  expect(items.count()).toBe(1);
  items.put('k', { z: 1, a: 2 });
  expect([items.get('before'), items.get('k')]).toEqual([{ a: 1 }, { z: 1, a: 2 }]);
});

test('an error of a getter passes on', () => {
  const { items } = collectionOf(codecs);
  const failing = {
    first: 1,
    get second(): never {
      throw new Error('mine');
    },
  };
  expect(() => items.put('k', failing)).toThrow('mine');
  expect(items.count()).toBe(0);
});

describe('a value', () => {
  test('is decoded when it is asked for, from bytes of its own', () => {
    const { env, items } = collectionOf(codecs);
    items.put('k', { data: Buffer.alloc(5000, 7) });
    env.main.put(Buffer.from('other'), Buffer.alloc(100));
    const read = () => (entries[0] as { value: { data: Buffer } }).value;
    const entries = env.read((txn) => items.range({}, txn).toArray());
    const { data } = read();
    data.fill(1);
    new Uint8Array(data.buffer).fill(2);
    expect(read().data).toEqual(Buffer.alloc(5000, 7));
    expect(items.get('k')).toEqual({ data: Buffer.alloc(5000, 7) });
  });

  test('that was kept is read after the environment has been closed', () => {
    const { env, items } = collectionOf(codecs);
    items.put('k', { a: 1 });
    items.put('l', { b: 2 });
    const entries = env.read((txn) => items.range({}, txn).toArray());
    env.close();
    expect(entries.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.of()],
    ['a number that is no structure', Buffer.of(0x41)],
    ['a structure without values', Buffer.of(0x40)],
    ['a structure of the value itself that it does not have', Buffer.of(0x60)],
    ['the token that nothing has', Buffer.of(0xc1)],
    ['less than an array says', Buffer.of(0x92, 1)],
    ['more than one value', Buffer.of(1, 2)],
    ['an array of 4 G', Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['text', Buffer.from('{"a":1}')],
  ])('that is not MessagePack is ERR_CODEC, and spoils no other: %s', (_, stored) => {
    const { items } = storedBy(stored);
    expect(codeOf(() => items.get('bad'))).toBe('ERR_CODEC');
    expect(codeOf(() => items.range({ prefix: 'bad' }).toArray()[0]?.value)).toBe('ERR_CODEC');
    expect(items.get('good')).toEqual({ a: 1 });
    items.put('bad', { b: 2 });
    expect(items.get('bad')).toEqual({ b: 2 });
  });

  test('of random bytes is decoded or is ERR_CODEC', () => {
    let state = 20_261_120;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const { items, raw } = storedBy(Buffer.of(1));
    const whole = raw.get(Buffer.from('good'))?.toBuffer() as Buffer;
    let refused = 0;
    for (let run = 0; run < 3000; run++) {
      const stored =
        run % 2 === 0 ? Buffer.from(Array.from({ length: random(40) }, () => random(256))) : Buffer.from(whole);
      if (run % 2 === 1) stored[random(stored.length)] = random(256);
      raw.put(Buffer.from('bad'), stored);
      try {
        items.get('bad');
      } catch (error) {
        refused++;
        if ((error as { code?: string }).code !== 'ERR_CODEC')
          expect.fail(`${stored.toString('hex')}: ${String(error)}`);
      }
    }
    expect(refused).toBeGreaterThan(1000);
    expect(items.get('good')).toEqual({ a: 1 });
  });
});

/** The unnamed database with a valid value in it, opened with the codec msgpack and, by another handle, with bytes. */
function storedBy(bad: Buffer) {
  const env = openTemporary();
  const items = env.collection(null, codecs);
  items.put('good', { a: 1 });
  const raw = openAt(env.path).main;
  raw.put(Buffer.from('bad'), bad);
  return { items, raw };
}

test('msgpackr is loaded by the first value, not before', () => {
  const told = askChild(
    `import { createRequire } from 'node:module';
    const { cache } = createRequire(import.meta.url);
    const loaded = () => Object.keys(cache).some((path) => path.includes('msgpackr'));
    const env = open(args.path);
    const items = env.collection('items', { key: utf8, value: msgpack });
    env.read((txn) => items.range({}, txn).toArray());
    const before = loaded();
    items.put('k', { a: 1 });
    tell([before, loaded(), items.get('k')]);`,
    { path: collectionOf(codecs).env.path },
  );
  expect(told).toEqual([false, true, { a: 1 }]);
});
