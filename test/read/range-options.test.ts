import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Collection, KeyCodec, RangeOptions } from '../../lib/index.ts';
import { bytes, Key, tuple, uint32, utf8, Value } from '../../lib/index.ts';
import { codeOf, openTemporary, thrown } from '../support/fixture.ts';

/** A key codec as the oracle sees it: how to make keys, and their bytes, which decide the order. */
interface Case<K> {
  codec: KeyCodec<K, unknown>;
  /** Keys that can be stored. */
  key: fc.Arbitrary<K>;
  /** Bounds and prefixes: keys, and values that cannot be keys, such as empty ones and ones that are too long. */
  bound: fc.Arbitrary<K>;
  bytesOf(key: K): Buffer;
  hasPrefix?: (key: K, prefix: K) => boolean;
}

const part = fc.oneof(
  fc.constantFrom<string | number | null | boolean>(
    'a',
    'b',
    'a\0',
    'a\0\0',
    '',
    '\u00ff',
    'é',
    '\u{10ffff}',
    0,
    1,
    -1,
    255,
    256,
    1.5,
  ),
  fc.constantFrom(null, true, false),
);
const parts = fc.array(part, { minLength: 1, maxLength: 3 });
const text = fc.array(fc.constantFrom('a', 'b', '\0', 'ÿ', '\uffff', '\u{10ffff}', 'z'), {
  minLength: 1,
  maxLength: 4,
});
const byte = fc.constantFrom(0, 1, 0x61, 0x7f, 0x80, 0xfe, 0xff);
const run = fc.array(byte, { minLength: 1, maxLength: 4 });

const startsWith = (key: Buffer, prefix: Buffer): boolean => key.subarray(0, prefix.length).equals(prefix);

const tupleCase: Case<unknown[]> = {
  codec: tuple as unknown as KeyCodec<unknown[], unknown>,
  key: parts,
  bound: fc.oneof(parts, fc.constantFrom<unknown[]>([], ['x'.repeat(600)], ['a', 'b'.repeat(511)])),
  bytesOf: (key) => Key.of(...(key as never[])).toBuffer(),
  // Compares whole elements: the string 'a' is not a prefix of 'a\0', even where its bytes are.
  hasPrefix: (key, prefix) =>
    prefix.every((element, i) => i < key.length && Key.of(element as never).equals(Key.of(key[i] as never))),
};
const utf8Case: Case<string> = {
  codec: utf8,
  key: text.map((characters) => characters.join('')),
  bound: fc.oneof(
    text.map((characters) => characters.join('')),
    fc.constantFrom('', 'a'.repeat(512), 'z'.repeat(2000)),
  ),
  bytesOf: (key) => Buffer.from(key),
  hasPrefix: (key, prefix) => startsWith(Buffer.from(key), Buffer.from(prefix)),
};
const bytesCase: Case<Uint8Array> = {
  codec: bytes as unknown as KeyCodec<Uint8Array, unknown>,
  key: run.map((values) => Buffer.from(values)),
  bound: fc.oneof(
    run.map((values) => Buffer.from(values)),
    fc.constantFrom(Buffer.alloc(0), Buffer.alloc(512, 0xff), Buffer.alloc(3, 0xff), Buffer.alloc(700, 0x61)),
  ),
  bytesOf: (key) => Buffer.from(key),
  hasPrefix: (key, prefix) => startsWith(Buffer.from(key), Buffer.from(prefix)),
};
const uint32Case: Case<number> = {
  codec: uint32,
  key: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(255, 256, 65_536, 2 ** 31, 2 ** 32 - 1)),
  bound: fc.oneof(fc.integer({ min: 0, max: 41 }), fc.constantFrom(2 ** 31 - 1, 2 ** 32 - 1)),
  bytesOf: (key) => {
    const buffer = Buffer.alloc(4);
    buffer.writeUInt32BE(key);
    return buffer;
  },
};

function optionsOf<K>({ bound, hasPrefix }: Case<K>): fc.Arbitrary<RangeOptions<K>> {
  const bounds = fc.record(
    { lower: bound, upper: bound, prefix: bound, reverse: fc.boolean(), limit: fc.nat(12), open: fc.nat(3) },
    { requiredKeys: ['open'] },
  );
  return bounds.map(({ lower, upper, prefix, open, ...options }) => ({
    ...options,
    ...(lower === undefined ? {} : (open & 1) === 0 ? { gte: lower } : { gt: lower }),
    ...(upper === undefined ? {} : (open & 2) === 0 ? { lte: upper } : { lt: upper }),
    ...(prefix === undefined || hasPrefix === undefined ? {} : { prefix }),
  }));
}

/** The keys that a range must give: the ordered array, filtered by each bound separately. */
function oracle<K>({ bytesOf, hasPrefix }: Case<K>, sorted: readonly K[], options: RangeOptions<K>): K[] {
  const { gt, gte, lt, lte, prefix, reverse, limit } = options;
  const order = (key: K, bound: unknown): number => bytesOf(key).compare(bytesOf(bound as K));
  const found = sorted.filter(
    (key) =>
      (gt === undefined || order(key, gt) > 0) &&
      (gte === undefined || order(key, gte) >= 0) &&
      (lt === undefined || order(key, lt) < 0) &&
      (lte === undefined || order(key, lte) <= 0) &&
      (prefix === undefined || (hasPrefix as (key: K, prefix: unknown) => boolean)(key, prefix)),
  );
  return (reverse === true ? found.reverse() : found).slice(0, limit);
}

const hex = (key: unknown): string =>
  key instanceof Key || key instanceof Value ? key.toBuffer().toString('hex') : String(key);

/** Checks that every way to read a range gives the keys of the oracle, and that count() respects the limit. */
function check<K>(
  test: Case<K>,
  items: Collection<K, string, unknown, string>,
  sorted: K[],
  options: RangeOptions<K>,
): void {
  const wanted = oracle(test, sorted, options).map((key) => test.bytesOf(key).toString('hex'));
  const shown = (key: unknown): string => (typeof key === 'object' ? hex(key) : test.bytesOf(key as K).toString('hex'));
  const range = items.range(options);
  expect(range.toArray().map(({ key }) => shown(key))).toEqual(wanted);
  expect(range.toArray().map(({ value }) => value)).toEqual(wanted);
  expect(range.keys().map(shown).toArray()).toEqual(wanted);
  expect(range.values().toArray()).toEqual(wanted);
  expect([range.count(), items.count(options)]).toEqual([wanted.length, wanted.length]);
  const scanned: string[] = [];
  items.scan(options, ({ key }) => void scanned.push(shown(key)));
  expect(scanned).toEqual(wanted);
}

const cases: [string, Case<never>][] = [
  ['tuple', tupleCase as unknown as Case<never>],
  ['utf8', utf8Case as unknown as Case<never>],
  ['bytes', bytesCase as unknown as Case<never>],
  ['uint32', uint32Case as unknown as Case<never>],
];

describe.each(cases)('ranges over %s keys', (name, made) => {
  const env = openTemporary();
  const items = env.collection(name, { key: made.codec, value: utf8 });

  test('give what a sorted array gives, for all options, in transactions of all kinds', () => {
    const property = fc.property(
      fc.uniqueArray(made.key, { maxLength: 60, selector: (key) => made.bytesOf(key).toString('hex') }),
      fc.array(optionsOf(made), { minLength: 1, maxLength: 6 }),
      (keys, all) => {
        const sorted = [...keys].sort((a, b) => made.bytesOf(a).compare(made.bytesOf(b)));
        env.write(() => {
          items.clear();
          for (const key of keys) items.put(key, made.bytesOf(key).toString('hex'));
          for (const options of all.slice(0, 2)) check(made, items, sorted, options);
        });
        for (const options of all) check(made, items, sorted, options);
        env.read(() => {
          for (const options of all) check(made, items, sorted, options);
        });
      },
    );
    fc.assert(property, { numRuns: 150 });
  });

  test('give the same over many pages', () => {
    const keys = fc.sample(made.key, { numRuns: 4000, seed: 7 });
    const unique = new Map(keys.map((key) => [made.bytesOf(key).toString('hex'), key]));
    const sorted = [...unique.values()].sort((a, b) => made.bytesOf(a).compare(made.bytesOf(b)));
    env.write(() => {
      items.clear();
      for (const [content, key] of unique) items.put(key, content);
    });
    for (const options of fc.sample(optionsOf(made), { numRuns: 60, seed: 7 })) check(made, items, sorted, options);
  });
});

describe('bounds', () => {
  const env = openTemporary();
  const numbers = env.collection('numbers', { key: uint32, value: utf8 });
  env.write(() => {
    for (let i = 0; i < 10_000; i++) numbers.append(i, 'value '.repeat(i % 30));
  });

  test.each([1, 7, 8, 9, 40, 100, 511, 512, 513, 9999, 10_000, 10_001])(
    'a limit of %i on batches of any size',
    (limit) => {
      const wanted = Math.min(limit, 10_000);
      expect(numbers.range({ limit }).keys().count()).toBe(wanted);
      expect(numbers.range({ limit }).toArray().length).toBe(wanted);
      expect(numbers.range({ limit, reverse: true }).toArray().at(-1)?.key).toBe(10_000 - wanted);
      expect(numbers.count({ gte: 0, limit })).toBe(wanted);
      expect(numbers.range({ gte: 5000 - (limit >> 1), lt: 5000 + (limit >> 1) }).toArray().length).toBe(
        Math.min(2 * (limit >> 1), 10_000),
      );
    },
  );

  test('that exclude each other give nothing', () => {
    for (const options of [
      { gt: 5, lt: 5 },
      { gte: 6, lte: 5 },
      { gt: 5, lte: 5 },
      { gte: 5, lt: 5 },
    ]) {
      expect([numbers.count(options), numbers.range(options).toArray()]).toEqual([0, []]);
      expect(numbers.range({ ...options, reverse: true }).toArray()).toEqual([]);
    }
  });

  test('a Key that was read, or its prefixEnd(), is a bound as an array is', () => {
    const items = env.collection('tuples', { key: tuple, value: utf8 });
    for (const parts of [['a'], ['a', 1], ['a\0', 1], ['b', 1], ['b', 2]]) items.put(parts, '');
    const show = (options: RangeOptions<never>): unknown[] =>
      items
        .range(options)
        .keys()
        .map((key) => key.toArray())
        .toArray();
    const [first] = items
      .range({ gte: ['a', 1] })
      .keys()
      .toArray();
    expect(show({ gte: first as never, limit: 1 })).toEqual([['a', 1]]);
    expect(show({ prefix: (first as Key).slice(0, 1) as never })).toEqual([['a'], ['a', 1]]);
    expect(show({ gte: Key.of('a') as never, lt: Key.of('a').prefixEnd() as never })).toEqual([['a'], ['a', 1]]);
    expect(show({ prefix: ['b', 2] as never })).toEqual([['b', 2]]);
  });

  test.each<[string, object, string]>([
    ['a negative offset', { offset: -1 }, 'ERR_OUT_OF_RANGE'],
    ['half an offset', { offset: 0.5 }, 'ERR_OUT_OF_RANGE'],
    ['an offset that is NaN', { offset: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['an offset of 2 ** 53', { offset: 2 ** 53 }, 'ERR_OUT_OF_RANGE'],
    ['an offset that is a bigint', { offset: 1n }, 'ERR_INVALID_ARG_TYPE'],
    ['distinct of a wrong type', { distinct: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a cursor of a wrong type', { cursor: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['a prefix of numbers', { prefix: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['a name that is misspelt', { limt: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['an inherited name that is none', { start: 1 }, 'ERR_INVALID_ARG_VALUE'],
    ['a negative limit', { limit: -1 }, 'ERR_OUT_OF_RANGE'],
    ['half a limit', { limit: 1.5 }, 'ERR_OUT_OF_RANGE'],
    ['a limit that is NaN', { limit: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    ['a limit of 2 ** 53', { limit: 2 ** 53 }, 'ERR_OUT_OF_RANGE'],
    ['a limit of a wrong type', { limit: '1' }, 'ERR_INVALID_ARG_TYPE'],
    ['reverse of a wrong type', { reverse: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['onEnd of no meaning', { onEnd: 'keep' }, 'ERR_INVALID_ARG_VALUE'],
    ['a bound of a wrong type', { gte: 'a' }, 'ERR_INVALID_ARG_TYPE'],
    ['a bound that is null', { gte: null }, 'ERR_INVALID_ARG_TYPE'],
    ['a bound that is no uint32', { lt: 2 ** 32 }, 'ERR_OUT_OF_RANGE'],
  ])('%s is refused when the range is made, and so by scan() and count()', (_, options, code) => {
    expect(codeOf(() => numbers.range(options as never))).toBe(code);
    expect(codeOf(() => numbers.scan(options as never, () => {}))).toBe(code);
    expect(codeOf(() => numbers.count(options as never))).toBe(code);
  });

  test('an unknown option is named, with those that exist', () => {
    const { message } = thrown(() => numbers.range({ start: 1 } as never));
    expect(message).toContain("'start'");
    expect(message).toContain('gte');
  });

  test('undefined stands for an option that is not given', () => {
    const none = { gt: undefined, gte: 9998, lt: undefined, prefix: undefined, limit: undefined, reverse: undefined };
    expect(
      numbers
        .range(none as never)
        .keys()
        .toArray(),
    ).toEqual([9998, 9999]);
  });
});
