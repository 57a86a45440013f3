import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { pack, unpack } from 'fdb-tuple';
import { describe, expect, test } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import { type Double, double } from '../../lib/key/double.ts';
import { Key } from '../../lib/key/key.ts';
import type { KeyPart, PlainPart } from '../../lib/key/part.ts';
import { tuple } from '../../lib/key/tuple.ts';
import { anyText } from '../support/any-text.ts';
import { encode, thrown } from '../support/sinks.ts';

interface Pair {
  mine: KeyPart;
  oracle: unknown;
  /** How it reads back from `toArray`. */
  plain: PlainPart;
}

const same = <T extends PlainPart & KeyPart>(value: T): Pair => ({ mine: value, oracle: value, plain: value });
const buffer = (value: Uint8Array): Pair => ({
  mine: value,
  oracle: Buffer.from(value),
  plain: new Uint8Array(value),
});
const asDouble = (value: number): Pair => ({ mine: double(value), oracle: { type: 'double', value }, plain: value });
const integer = (value: bigint): Pair => {
  const number = Number(value);
  return { mine: value, oracle: value, plain: Number.isSafeInteger(number) ? number : value };
};
const numberOf = (value: number): Pair => (Object.is(value, -0) ? { mine: -0, oracle: 0, plain: 0 } : same(value));

const leaf: fc.Arbitrary<Pair> = fc.oneof(
  fc.constant(same(null)),
  fc.boolean().map(same),
  fc.maxSafeInteger().map(numberOf),
  fc.integer({ min: -300, max: 300 }).map(numberOf),
  fc.double({ noNaN: true }).map(numberOf),
  fc.double({ noNaN: true }).map(asDouble),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(integer),
  fc.bigInt({ min: -(256n ** 255n) + 1n, max: 256n ** 255n - 1n }).map(integer),
  anyText(40).map(same),
  fc.string({ unit: fc.constantFrom('\0', 'a', '\u00ff', '\u{10ffff}', '\ufffd'), maxLength: 6 }).map(same),
  fc.uint8Array({ maxLength: 40 }).map(buffer),
  fc.array(fc.constantFrom(0, 1, 254, 255), { maxLength: 6 }).map((bytes) => buffer(Uint8Array.from(bytes))),
);
const { part } = fc.letrec<{ part: Pair; nested: Pair }>((tie) => ({
  part: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('nested')),
  nested: fc.array(tie('part'), { maxLength: 4 }).map((pairs) => ({
    mine: pairs.map((pair) => pair.mine),
    oracle: pairs.map((pair) => pair.oracle),
    plain: pairs.map((pair) => pair.plain),
  })),
}));
const parts = fc.array(part, { maxLength: 5 });

const mine = (pairs: Pair[]): KeyPart[] => pairs.map((pair) => pair.mine);
const oracle = (pairs: Pair[]): Buffer => pack(pairs.map((pair) => pair.oracle) as never);
const key = (...elements: KeyPart[]): Key => Key.fromBytes(encode(tuple, elements));

/** FUZZ_SEED repeats a run; each test names its own. FUZZ_RUNS tries more. */
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000);

describe('against fdb-tuple', () => {
  test(`${RUNS} tuples have its bytes, in its order, and read back (seed ${seed})`, { timeout: 120_000 }, () => {
    let before: KeyPart[] = [];
    fc.assert(
      fc.property(parts, (pairs) => {
        const elements = mine(pairs);
        const made = Key.of(...elements);
        const expected = oracle(pairs);
        if (made.toHex() !== expected.toString('hex')) expect(made.toHex()).toBe(expected.toString('hex'));
        if (made.length !== pairs.length) expect(made.length).toBe(pairs.length);
        // Begin with the same elements, so that the later ones decide the order.
        const near = [...elements.slice(0, elements.length >> 1), ...before];
        const order = compareTuples(elements, near);
        const other = Key.of(...near);
        if (made.compare(other) !== order) expect(made.compare(other), `${made} and ${other}`).toBe(order);
        before = elements;
      }),
      { numRuns: RUNS, seed },
    );
  });

  test(`10,000 tuples are read element by element (seed ${seed})`, { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(parts, (pairs) => {
        const made = Key.of(...mine(pairs));
        const plain = pairs.map((pair) => pair.plain);
        deepStrictEqual(made.toArray(), plain);
        strictEqual(made.length, pairs.length);
        // Read lazily, element by element, and written again: the same bytes.
        strictEqual(Key.of(...rewritten(made, pairs)).toHex(), made.toHex());
      }),
      { numRuns: 10_000, seed },
    );
  });

  test('what it unpacks is what a Key reads', () => {
    fc.assert(
      fc.property(parts, (pairs) => {
        const bytes = oracle(pairs);
        const theirs = plainOf(unpack(bytes) as unknown[]);
        deepStrictEqual(Key.fromBytes(bytes).toArray(), theirs);
      }),
      { numRuns: 2_000, seed },
    );
  });
});

/** Buffers as Uint8Arrays, and integers as numbers where they are safe: the oracle reads eight bytes as a bigint always. */
function plainOf(parts: unknown[]): unknown[] {
  return parts.map((part) => {
    if (Array.isArray(part)) return plainOf(part);
    if (Buffer.isBuffer(part)) return new Uint8Array(part);
    return typeof part === 'bigint' && Number.isSafeInteger(Number(part)) ? Number(part) : part;
  });
}

/** The elements of a Key as `at` gives them. Those that were written as doubles are marked as doubles again. */
function rewritten(from: Key, pairs: Pair[]): KeyPart[] {
  return pairs.map((pair, i) => {
    const read = from.at(i);
    if (typeof pair.mine === 'object' && pair.mine !== null && pair.mine.constructor === double(1).constructor) {
      return double((pair.mine as Double).value);
    }
    if (
      Array.isArray(pair.mine) &&
      JSON.stringify(pair.oracle, (_, v) => (typeof v === 'bigint' ? 0 : v)).includes('double')
    ) {
      return pair.mine;
    }
    return read as KeyPart;
  });
}

describe('order', () => {
  test('of bytes is the order of tuples', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const expected = compareTuples(mine(a), mine(b));
        strictEqual(Key.of(...mine(a)).compare(Key.of(...mine(b))), expected);
      }),
      { numRuns: 10_000, seed },
    );
  });

  test('of neighbours at every length boundary', () => {
    const sorted: bigint[] = [];
    for (let bits = 8n; bits <= 2040n; bits += 8n) {
      const edge = 1n << bits;
      for (const value of [edge - 2n, edge - 1n, edge, edge + 1n]) {
        if (value < 1n << 2040n) sorted.push(value, -value);
      }
    }
    sorted.push(0n, 1n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), 1n - 2n ** 53n);
    sorted.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let i = 0; i < sorted.length; i++) {
      const value = sorted[i] as bigint;
      const made = Key.of(value);
      expect(made.toHex()).toBe(pack([value]).toString('hex'));
      const back = made.at(0) as number | bigint;
      expect(BigInt(back)).toBe(value);
      expect(typeof back).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      if (i > 0 && sorted[i - 1] !== value) expect(Key.of(sorted[i - 1] as bigint).compare(made)).toBe(-1);
    }
  });

  test('of numbers with double(n) is that of one column', () => {
    const numbers = [-Infinity, -1e300, -2, -1.5, -1, -5e-324, 0, 5e-324, 1, 1.5, 2, 255, 256, 1e300, Infinity];
    const keys = numbers.map((number) => Key.of(double(number)));
    for (let i = 1; i < keys.length; i++) expect((keys[i - 1] as Key).compare(keys[i] as Key)).toBe(-1);
    expect(keys.map((made) => made.at(0))).toEqual(numbers);
  });
});

const RANK = (value: KeyPart): number => {
  if (value === null) return 0;
  if (value instanceof Uint8Array) return 1;
  if (typeof value === 'string') return 2;
  if (Array.isArray(value)) return 3;
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return 4;
  if (typeof value === 'boolean') return value ? 7 : 6;
  return 5;
};

function compareTuples(a: readonly KeyPart[], b: readonly KeyPart[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = comparePart(a[i] as KeyPart, b[i] as KeyPart);
    if (difference !== 0) return difference;
  }
  return Math.sign(a.length - b.length);
}

function comparePart(a: KeyPart, b: KeyPart): number {
  const rank = RANK(a) - RANK(b);
  if (rank !== 0) return Math.sign(rank);
  switch (RANK(a)) {
    case 1:
      return Buffer.compare(a as Uint8Array, b as Uint8Array);
    case 2:
      return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
    case 3:
      return compareTuples(a as KeyPart[], b as KeyPart[]);
    case 4:
      return BigInt(a as bigint) < BigInt(b as bigint) ? -1 : BigInt(a as bigint) > BigInt(b as bigint) ? 1 : 0;
    case 5:
      return compareDoubles(numberIn(a), numberIn(b));
    default:
      return 0;
  }
}

const numberIn = (value: KeyPart): number => (typeof value === 'number' ? value : (value as Double).value);
const compareDoubles = (a: number, b: number): number => {
  if (Object.is(a, b)) return 0;
  if (a === b) return Object.is(a, -0) ? -1 : 1;
  return a < b ? -1 : 1;
};

describe('single elements', () => {
  test.each<[string, KeyPart, string]>([
    ['null', null, '00'],
    ['a null in a nested tuple', [null], '0500ff00'],
    ['an empty nested tuple', [], '0500'],
    ['an empty string', '', '0200'],
    ['a string with 00', 'a\0b', '026100ff6200'],
    ['bytes with 00', Uint8Array.of(0, 255, 0), '0100ffff00ff00'],
    ['zero', 0, '14'],
    ['minus zero, as zero', -0, '14'],
    ['zero as a double', double(0), '218000000000000000'],
    ['minus one', -1, '13fe'],
    ['255', 255, '15ff'],
    ['-256', -256, '12feff'],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, '1b1fffffffffffff'],
    ['2 ** 53, as a double', 2 ** 53, '21c340000000000000'],
    ['2n ** 53n', 2n ** 53n, '1b20000000000000'],
    ['2n ** 64n', 2n ** 64n, '1d09010000000000000000'],
    ['-(2n ** 64n)', -(2n ** 64n), '0bf6feffffffffffffffff'],
    ['false', false, '26'],
    ['true', true, '27'],
  ])('%s', (_, element, hex) => {
    expect(key(element).toHex()).toBe(hex);
  });

  test('a float, a UUID and a versionstamp are read', () => {
    const uuid = '000102030405060708090a0b0c0d0e0f';
    const stamp = '00000000000000000001ffff';
    const read = Key.fromHex(`20bfc0000030${uuid}33${stamp}20403fffff15ff`);
    expect(read.length).toBe(5);
    expect(read.at(0)).toBe(1.5);
    expect(read.at(3)).toBe(-1.5);
    expect(read.toJSON()).toEqual([1.5, uuid, stamp, -1.5, 255]);
    expect(read.toArray()[1]).toEqual(Uint8Array.from({ length: 16 }, (_, i) => i));
  });

  test('a Key stands for a nested tuple, any other sink for bytes', () => {
    const inner = Key.of('a', null, [null, 'b']);
    expect(Key.of(1, inner, 2).toHex()).toBe(Key.of(1, ['a', null, [null, 'b']], 2).toHex());
    expect(Key.of(Key.of(Uint8Array.of(0, 7)).at(0)).toHex()).toBe(Key.of(Uint8Array.of(0, 7)).toHex());
    expect(Buffer.from(encode(tuple, inner)).toString('hex')).toBe(inner.toHex());
  });
});

describe('what is no key', () => {
  const nan = ['ERR_OUT_OF_RANGE', RangeError] as const;
  const type = ['ERR_INVALID_ARG_TYPE', TypeError] as const;
  const value = ['ERR_INVALID_ARG_VALUE', Error] as const;
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);

  test.each<[string, unknown, string, readonly [string, ErrorConstructor]]>([
    ['undefined', [1, undefined], 'key[1]', type],
    ['a hole', new Array(1), 'key[0]', type],
    ['a function', ['a', [1, () => {}]], 'key[1][1]', type],
    ['an object', [{}], 'key[0]', type],
    ['a symbol', [Symbol('x')], 'key[0]', type],
    ['a Date', [[], [[new Date()]]], 'key[1][0][0]', type],
    ['a Float64Array', [new Float64Array(1)], 'key[0]', type],
    ['a faked Uint8Array', [Object.create(Uint8Array.prototype)], 'key[0]', type],
    ['NaN', ['a', Number.NaN], 'key[1]', nan],
    ['a bigint of 256 bytes', [2n ** 2040n], 'key[0]', nan],
    ['a lone surrogate', ['a', ['\ud800x']], 'key[1][0]', value],
    ['a lone surrogate in a long string', [`${'é'.repeat(100)}\udc00`], 'key[0]', value],
    ['an array within itself', [cyclic], 'key[0]', value],
    ['a string', 'abc', 'key must be', type],
    ['null', null, 'key must be', type],
    ['an iterable', new Set([1]), 'key must be', type],
  ])('%s', (_, given, where, [code, kind]) => {
    writer.position = 0;
    const error = thrown(() => encode(tuple, given as KeyPart[]));
    expect(error).toBeInstanceOf(kind);
    expect(error.code).toBe(code);
    expect(error.message).toContain(where);
    expect(writer.position).toBe(0);
  });

  test('double takes numbers other than NaN', () => {
    expect(thrown(() => double('1' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
    expect(thrown(() => double(Number.NaN)).code).toBe('ERR_OUT_OF_RANGE');
  });
});

describe('user code in the middle of an encoding', () => {
  test('may encode keys of its own', () => {
    const elements = ['a', 'b', 'c'];
    const tricky = new Proxy(elements, {
      get(target, name, receiver) {
        Key.of('x'.repeat(200_000), 'another', 1);
        return Reflect.get(target, name, receiver);
      },
    });
    expect(Buffer.from(encode(tuple, [1, tricky, 2])).toString('hex')).toBe(Key.of(1, elements, 2).toHex());
  });

  test('may throw, and what was being written before goes on', () => {
    const failing = [1, 2];
    Object.defineProperty(failing, 1, {
      get() {
        throw new Error('mine');
      },
    });
    const outer = new Proxy(['kept'], {
      get(target, name) {
        expect(() => Key.of('lost', failing)).toThrow('mine');
        return Reflect.get(target, name);
      },
    });
    expect(Buffer.from(encode(tuple, ['first', outer])).toString('hex')).toBe(Key.of('first', ['kept']).toHex());
    expect(writer.position).toBe(0);
  });
});
