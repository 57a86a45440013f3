import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bytes,
  type Collection,
  double,
  hashJoin,
  type JoinType,
  type KeyPart,
  mergeJoin,
  type Range,
  sinkOf,
  struct,
  t,
  tuple,
  uint32,
  utf8,
} from '../../lib/index.ts';
import { codeOf, openTemporary } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { type AnyEntry, type AnyOn, isInJoinOrder, plainJoin } from './plain-join.ts';

// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;

/** Values of each type that are likely to meet: also across types, and at the edges of each. */
const whole = [0, 1, 5, 127, 255, 65_535, 2 ** 31, 2 ** 32 - 1];
const within = (least: number, most: number): number[] =>
  [...whole, -1, -5, -128, -(2 ** 15), -(2 ** 31)].filter((n) => n >= least && n <= most);
const texts = ['', 'a', 'b', 'ab', 'a\0', 'a\0b', '\0', 'ä', '😀', 'longer than 16 bytes', 'x'.repeat(100)];
const blobs = texts.map((text) => Buffer.from(text));
const floats = [...whole, -1, -5, -0, 0.5, -0.5, 2 ** 53, 2 ** 63, 2 ** 64, 1e300, -1e300, Infinity, -Infinity, NaN];
const longs = [0n, 5n, 255n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];

const pools: Record<string, readonly unknown[]> = {
  u8: within(0, 255),
  u16: within(0, 65_535),
  u32: within(0, 2 ** 32 - 1),
  i8: within(-128, 127),
  i16: within(-(2 ** 15), 2 ** 15 - 1),
  i32: within(-(2 ** 31), 2 ** 31 - 1),
  f32: floats.map(Math.fround).filter((n) => Math.abs(n) < 1e39 || Number.isNaN(n)),
  f64: floats,
  bool: [false, true],
  u64: [...longs, 2n ** 63n, 2n ** 64n - 1n],
  i64: [...longs, -1n, -5n, -(2n ** 63n)],
  date: [new Date(0), new Date(5), new Date(-5), new Date(1e12)],
  utf8: texts,
  bytes: blobs,
};
const TYPES = Object.keys(pools) as (keyof typeof t & keyof typeof pools)[];

const elements: readonly KeyPart[] = [
  null,
  false,
  true,
  ...whole,
  ...floats.filter((n) => !Number.isNaN(n)),
  ...longs,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  2n ** 64n + 1n,
  -(2n ** 64n) + 1n,
  -(2n ** 64n),
  -(2n ** 64n) - 1n,
  BigInt(1e300),
  -BigInt(1e300),
  BigInt(1e300) + 1n,
  -BigInt(1e300) - 1n,
  2n ** 1030n,
  double(5),
  double(2 ** 53),
  ...texts,
  ...blobs,
  [null, 'a'],
  [5],
  [],
];

/** A struct with a field of every type, and an optional one: `u8`, `maybe_u8`, … */
const fields: Record<string, (typeof t)['u8']> = {};
for (const name of TYPES) {
  fields[name] = t[name] as (typeof t)['u8'];
  fields[`maybe_${name}`] = t.optional(t[name] as never) as never;
}
const Everything = struct(fields);

const keyCodecs = { tuple, uint32, utf8, bytes };
type KeyName = keyof typeof keyCodecs;
const KEYS = Object.keys(keyCodecs) as KeyName[];

const keyOf: Record<KeyName, fc.Arbitrary<unknown>> = {
  tuple: fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 3 }),
  uint32: fc.constantFrom(...within(0, 2 ** 32 - 1)),
  utf8: fc.constantFrom(...texts.filter((text) => text !== '')),
  bytes: fc.constantFrom(...blobs.filter((blob) => blob.length > 0)),
};

const record = fc.record(
  Object.fromEntries(
    TYPES.flatMap((name) => [
      [name, fc.constantFrom(...(pools[name] as unknown[]))],
      [`maybe_${name}`, fc.option(fc.constantFrom(...(pools[name] as unknown[])), { nil: undefined })],
    ]),
  ),
);

const kinds: Record<string, string[]> = {
  number: ['u8', 'u16', 'u32', 'i8', 'i16', 'i32', 'f32', 'f64', 'u64', 'i64'],
  string: ['utf8'],
  bytes: ['bytes'],
  boolean: ['bool'],
  date: ['date'],
};
const wholeKeys: Record<string, KeyName> = { number: 'uint32', string: 'utf8', bytes: 'bytes' };

/** What a side with such keys can be joined on so that its values are of `kind`. */
function candidates(kind: string, key: KeyName): AnyOn[] {
  const names = (kinds[kind] as string[]).flatMap((name) => [name, `maybe_${name}`]);
  const on: AnyOn[] = names.map((field) => ({ field }));
  if (wholeKeys[kind] === key) on.push('key', 'key', 'key');
  if (key === 'tuple' && kind !== 'date') on.push({ key: 0 }, { key: 0 }, { key: 1 });
  return on;
}

const side = fc.record({
  key: fc.constantFrom(...KEYS),
  reverse: fc.boolean(),
  limit: fc.option(fc.nat(20), { nil: undefined }),
});

const scenario = fc
  .record({
    build: side,
    probe: side,
    type: fc.constantFrom<JoinType>('inner', 'left', 'semi', 'anti'),
    kinds: fc.array(fc.constantFrom(...Object.keys(kinds), 'whole', 'elements'), { minLength: 1, maxLength: 2 }),
  })
  .chain(({ build, probe, type, kinds: wanted }) => {
    const bothTuples = build.key === 'tuple' && probe.key === 'tuple';
    const on = (key: KeyName) =>
      fc.tuple(
        ...wanted.map((kind) => {
          if (kind === 'whole' && bothTuples) return fc.constant<AnyOn>('key');
          if (kind === 'elements' && bothTuples) return fc.constantFrom<AnyOn>({ key: 0 }, { key: 1 }, { key: 2 });
          return fc.constantFrom(...candidates(kind in kinds ? kind : 'number', key));
        }),
      );
    const rows = (key: KeyName) => fc.array(fc.tuple(keyOf[key], record), { maxLength: 25, size: 'max' });
    return fc.record({
      type: fc.constant(type),
      build: fc.record({ side: fc.constant(build), on: on(build.key), rows: rows(build.key) }),
      probe: fc.record({ side: fc.constant(probe), on: on(probe.key), rows: rows(probe.key) }),
    });
  });

type AnyRange = Range<unknown, object>;

/** Identifies an entry in its range by its stored key and value. */
function identity(entry: AnyEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  const { key, value } = entry;
  const shown =
    typeof key === 'object' && key !== null ? (key as { toBuffer(): Buffer }).toBuffer().toString('hex') : key;
  return `${shown}: ${sinkOf(value as never)
    .toBuffer()
    .toString('hex')}`;
}

const RUNS = runs(1_500, 40_000);

test(`${RUNS} generated joins give what a plain join in JavaScript gives`, { timeout: 600_000 }, () => {
  const env = openTemporary();
  const collections = Object.fromEntries(
    ['build', 'probe'].map((name) => [
      name,
      Object.fromEntries(
        KEYS.map((key) => [key, env.collection(`${name} ${key}`, { key: keyCodecs[key] as never, value: Everything })]),
      ),
    ]),
  ) as unknown as Record<'build' | 'probe', Record<KeyName, Collection<unknown, unknown, unknown, object>>>;
  let pairs = 0;
  let merged = 0;
  let unordered = 0;
  fc.assert(
    fc.property(scenario, ({ build, probe, type }) => {
      const [left, right] = [collections.build[build.side.key], collections.probe[probe.side.key]];
      env.write(() => {
        left.clear();
        right.clear();
        for (const [key, value] of build.rows) left.put(key, value);
        for (const [key, value] of probe.rows) right.put(key, value);
      });
      env.read((txn) => {
        const range = ({ side: { reverse, limit } }: typeof build, items: typeof left): AnyRange =>
          items.range({ reverse, ...(limit === undefined ? {} : { limit }) }, txn) as unknown as AnyRange;
        const options = {
          build: { range: range(build, left), on: build.on as never },
          probe: { range: range(probe, right), on: probe.on as never },
          type,
        };
        const [builds, probes] = [options.build.range.toArray(), options.probe.range.toArray()];
        const expected = plainJoin(builds, build.on, probes, probe.on, type).map(([b, p]) => [
          identity(b === undefined ? undefined : builds[b]),
          identity(probes[p]),
        ]);
        const join = hashJoin(options);
        deepStrictEqual(
          join.toArray().map((pair) => [identity(pair.build), identity(pair.probe)]),
          expected,
        );
        strictEqual(join.count(), expected.length);
        pairs += expected.length;

        const merge = mergeJoin(options);
        if (isInJoinOrder(builds, build.on) && isInJoinOrder(probes, probe.on)) {
          deepStrictEqual(
            merge.toArray().map((pair) => [identity(pair.build), identity(pair.probe)]),
            expected,
          );
          strictEqual(merge.count(), expected.length);
          merged++;
        } else {
          strictEqual(
            codeOf(() => merge.toArray()),
            'ERR_KEY_ORDER',
          );
          strictEqual(
            codeOf(() => merge.count()),
            'ERR_KEY_ORDER',
          );
          unordered++;
        }
      });
    }),
    { numRuns: RUNS },
  );
  // Check that the cases found enough pairs to prove something.
  expect(pairs).toBeGreaterThan(RUNS);
  expect(merged).toBeGreaterThan(RUNS / 20);
  expect(unordered).toBeGreaterThan(RUNS / 20);
});
