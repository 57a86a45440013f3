import { expect, test } from 'vitest';
import { hashJoin, Key, mergeJoin, struct, t, tuple } from '../../lib/index.ts';
import { DEEPEST, skipElement } from '../../lib/key/tuple-format.ts';
import { codeOf, openAt, temporaryFolder } from '../support/fixture.ts';
import { encode, random } from '../support/sinks.ts';

// Tuples and records are read in JavaScript (lib/key, lib/value/struct) and in C++ (native/core/formats, native/core/join).
// A join is how C++ shows what it read: each test writes bytes that no codec would, and compares the pairs.

// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;

type Next = (below: number) => number;

const bytesOf = (next: Next, length: number): number[] => Array.from({ length }, () => next(256));
const FIXED: readonly (readonly [code: number, size: number])[] = [
  ...[0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13].map((code) => [code, 0x14 - code] as const),
  ...[0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c].map((code) => [code, code - 0x14] as const),
  ...([
    [0x20, 4],
    [0x21, 8],
    [0x26, 0],
    [0x27, 0],
    [0x30, 16],
    [0x33, 12],
  ] as const),
];
const TEXTS = ['', 'a', 'b', 'a\0', '\0', '\0\0b', 'ä', '😀', 'longer than 16 bytes'];

/** An element as the tuple layer has it, and as no codec writes it: integers with leading zeros, floats, identifiers. */
function element(next: Next, depth: number): number[] {
  const kind = next(12);
  if (kind === 0) return depth > 0 ? [0x00, 0xff] : [0x00];
  if (kind <= 2) return [kind, ...escaped([...Buffer.from(TEXTS[next(TEXTS.length)] as string)]), 0x00];
  if (kind === 3) return [0x01, ...escaped(bytesOf(next, next(4)).map((byte) => byte & next(256))), 0x00];
  if (kind === 4 && depth < 4) {
    return [0x05, ...Array.from({ length: next(4) }, () => element(next, depth + 1)).flat(), 0x00];
  }
  if (kind === 5) return number(next);
  if (kind === 6) return longInteger(next);
  const [code, size] = FIXED[next(FIXED.length)] as (typeof FIXED)[number];
  return [code, ...(next(2) === 0 ? bytesOf(next, size) : new Array<number>(size).fill(next(2) * 255))];
}

function escaped(content: readonly number[]): number[] {
  return content.flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]));
}

/** One of a few numbers in one of the forms that it can have. */
function number(next: Next): number[] {
  const value = [0, 1, 5, -5, 255, 256, -(2 ** 40), 2 ** 53, 2 ** 63, -(2 ** 64), 2 ** 70][next(11)] as number;
  const bytes = Buffer.alloc(8);
  switch (next(4)) {
    case 0:
      bytes.writeDoubleBE(value);
      break;
    case 1:
      bytes.writeFloatBE(value);
      return [0x20, ...ordered([...bytes.subarray(0, 4)])];
    case 2:
      return [...Key.of(BigInt(value)).toBuffer()];
    default:
      return long(BigInt(value), 9 + next(4));
  }
  return [0x21, ...ordered([...bytes])];
}

/** The bytes of a float such that they sort as the numbers do. */
function ordered(bytes: number[]): number[] {
  const negative = (bytes[0] as number) >= 128;
  return bytes.map((byte, i) => (negative ? byte ^ 255 : i === 0 ? byte ^ 128 : byte));
}

function long(value: bigint, length: number): number[] {
  const digits = (value < 0n ? -value : value).toString(16).padStart(2 * length, '0');
  const flip = value < 0n ? 255 : 0;
  return [value < 0n ? 0x0b : 0x1d, length ^ flip, ...[...Buffer.from(digits, 'hex')].map((byte) => byte ^ flip)];
}

function longInteger(next: Next): number[] {
  const length = next(3) === 0 ? next(3) : 9 + next(6);
  const flip = next(2) * 255;
  return [flip === 0 ? 0x1d : 0x0b, length ^ flip, ...bytesOf(next, length).map((byte) => byte & (next(2) * 255))];
}

/** A text that equal elements share, as JavaScript reads them; undefined for what matches nothing. */
function canonical(key: Key, index: number): string | undefined {
  const bytes = key.toBuffer();
  let at = 0;
  for (let i = 0; i < index && at < bytes.length; i++) at = skipElement(bytes, 0, at, bytes.length);
  const value = key.at(index);
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  if (typeof value === 'number') return Number.isInteger(value) ? `number ${BigInt(value)}` : `number ${value}`;
  if (typeof value === 'bigint') return `number ${value}`;
  if (typeof value === 'object') return `${bytes[at]} ${value.toBuffer().toString('hex')}`;
  return `${typeof value} ${value}`;
}

/** How many pairs of two sides have one text. */
function pairsOf(build: readonly (string | undefined)[], probe: readonly (string | undefined)[]): number {
  const counts = new Map<string, number>();
  for (const text of build) if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  return probe.reduce((sum, text) => sum + (text === undefined ? 0 : (counts.get(text) ?? 0)), 0);
}

/** Texts and bytes as records have them: without escapes. */
const Content = struct({ text: t.utf8, raw: t.bytes });

test.each([1, 2, 3, 4, 5])('elements of any tuples join as JavaScript reads them (seed %i)', (seed) => {
  const next = random(seed);
  const path = temporaryFolder();
  // Two handles on one database: what the first one writes as bytes, the second one reads as tuples.
  const writing = openAt(path);
  const items = openAt(path).collection(null, { key: tuple, value: Content });
  for (let run = 0; run < 40; run++) {
    const pool = Array.from({ length: 25 }, () => element(next, 0));
    const pick = (): number[] => pool[next(pool.length)] as number[];
    writing.write(() => {
      writing.main.clear();
      for (let i = 0; i < 150; i++) {
        const key = Array.from({ length: 1 + next(3) }, pick).flat();
        const text = TEXTS[next(TEXTS.length)] as string;
        const content = encode(Content, { text, raw: Buffer.from(text) });
        if (key.length <= 511) writing.main.put(Uint8Array.from(key), content);
      }
    });
    const keys = items.range().keys().toArray();
    const values = items.range().values().toArray();
    for (let index = 0; index < 3; index++) {
      const on = { key: index } as const;
      const side = { range: items.range(), on };
      const own = keys.map((key) => canonical(key, index));
      expect(hashJoin({ build: side, probe: side }).count(), `run ${run}`).toBe(pairsOf(own, own));
      // The same text stands in a record without escapes.
      const probe = { range: items.range(), on: { field: 'text' } } as const;
      expect(hashJoin({ build: side, probe }).count(), `run ${run}`).toBe(
        pairsOf(
          own,
          values.map(({ text }) => `string ${text}`),
        ),
      );
      const raw = { range: items.range(), on: { field: 'raw' } } as const;
      expect(hashJoin({ build: side, probe: raw }).count(), `run ${run}`).toBe(
        pairsOf(
          own,
          values.map((value) => `1 ${value.raw.toBuffer().toString('hex')}`),
        ),
      );
    }
  }
});

test('what is no tuple is refused at the same byte', { timeout: 120_000 }, () => {
  const next = random(6);
  const path = temporaryFolder();
  const writing = openAt(path);
  const items = openAt(path).collection(null, { key: tuple });
  let refused = 0;
  for (let run = 0; run < 4000; run++) {
    const key = damaged(next);
    writing.write(() => {
      writing.main.clear();
      writing.main.put(key, Uint8Array.of());
    });
    const index = next(5);
    const side = { range: items.range(), on: { key: index } } as const;
    const native = faultOf(() => hashJoin({ build: side, probe: side }).count());
    const own = faultOf(() => elementEnd(key, index));
    if (own !== native) expect(native, `run ${run}: ${Buffer.from(key).toString('hex')}[${index}]`).toBe(own);
    if (own !== undefined) refused++;
  }
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(3800);
});

function damaged(next: Next): Uint8Array {
  const bytes = Array.from({ length: 1 + next(4) }, () => element(next, 0)).flat();
  // Now and then, nest the elements about as deep as both languages read, or deeper.
  if (next(20) === 0) bytes.unshift(...new Array<number>(DEEPEST - 1 + next(3)).fill(0x05));
  for (let damage = next(4); damage > 0; damage--) bytes[next(bytes.length)] = next(2) === 0 ? next(256) : next(0x34);
  const length = Math.min(511, next(3) === 0 ? 1 + next(bytes.length) : bytes.length);
  return Uint8Array.from(bytes.slice(0, length));
}

function elementEnd(key: Uint8Array, index: number): void {
  let at = 0;
  for (let i = 0; i <= index && at < key.length; i++) at = skipElement(key, 0, at, key.length);
}

/** The place where the message says that the key stops being a tuple; any other message as it is. */
function faultOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    const { message } = error as Error;
    return /the key is not a tuple: .* (at byte \d+)$/.exec(message)?.[1] ?? message;
  }
  return undefined;
}

const SCALARS = {
  ...{ u8: [0, 5, 255], u16: [0, 5, 65_535], u32: [0, 5, 2 ** 32 - 1], i8: [0, 5, -128], i16: [0, 5, -(2 ** 15)] },
  ...{ i32: [0, 5, -(2 ** 31)], f32: [0, -0, 5, 0.5, NaN], f64: [0, -0, 5, 0.1, NaN, Infinity], bool: [false, true] },
  ...{ u64: [0n, 5n, 2n ** 64n - 1n], i64: [0n, 5n, -(2n ** 63n)], date: [new Date(0), new Date(5), new Date(-5)] },
  ...{ utf8: ['', 'a', 'ä'], bytes: [Buffer.of(), Buffer.of(0), Buffer.from('ä')] },
} as const;
type Name = keyof typeof SCALARS;
const NAMES = Object.keys(SCALARS) as Name[];

test.each([1, 2, 3, 4, 5, 6])('fields of records of older and newer schemas join as they read (seed %i)', (seed) => {
  const next = random(seed);
  const path = temporaryFolder();
  const writing = openAt(path);
  for (let run = 0; run < 12; run++) {
    const types = Array.from({ length: 6 }, () => [NAMES[next(NAMES.length)] as Name, next(2) === 0] as const);
    const fields = Object.entries(types).map(
      ([name, [type, optional]]) => [`f${name}`, optional ? t.optional(t[type] as never) : t[type]] as const,
    );
    const schemas = fields.map((_, i) => struct(Object.fromEntries(fields.slice(0, i + 1)) as never));
    writing.write(() => {
      writing.main.clear();
      for (let i = 0; i < 40; i++) {
        const count = 1 + next(fields.length);
        const record = types.slice(0, count).map(([type, optional], k) => {
          const values = SCALARS[type];
          return [`f${k}`, optional && next(3) === 0 ? undefined : values[next(values.length)]];
        });
        const bytes = encode(schemas[count - 1] as never, Object.fromEntries(record) as never);
        writing.main.put(Uint8Array.of(i), bytes);
      }
    });
    const items = openAt(path).collection(null, { value: schemas[next(schemas.length)] as never });
    const views = items.range().values().toArray() as unknown as Record<string, unknown>[];
    for (const field of Object.keys(Object.getPrototypeOf(views[0]) as object).filter((each) => /^f\d$/.test(each))) {
      const side = { range: items.range(), on: { field } } as never;
      const texts = views.map((view) => textOf(view[field]));
      expect(hashJoin({ build: side, probe: side }).count(), `run ${run}, ${field}: ${types[Number(field[1])]}`).toBe(
        pairsOf(texts, texts),
      );
    }
  }
});

function textOf(value: unknown): string | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (typeof value === 'object') return `bytes ${(value as { toBuffer(): Buffer }).toBuffer().toString('hex')}`;
  return typeof value === 'number' && value === 0 ? 'number 0' : `${typeof value} ${value}`;
}

test.each([1, 2, 3])('keys have one order in LMDB, in JavaScript and in joins (seed %i)', (seed) => {
  const next = random(seed);
  const env = openAt(temporaryFolder());
  const items = env.main;
  const keyOf = (): Uint8Array => {
    const key = new Uint8Array(1 + next(next(4) === 0 ? 511 : 70)).fill(0x6b);
    for (let changes = next(4); changes > 0; changes--)
      key[next(key.length)] = [0, 0x6b, 0x7f, 0x80, 0xff][next(5)] as number;
    return key;
  };
  env.write(() => {
    for (let i = 0; i < 1500; i++) items.put(keyOf(), Uint8Array.of());
  });
  const keys = items.range().keys().toArray();
  for (let i = 1; i < keys.length; i++) expect(keys[i - 1]?.compare(keys[i] as never)).toBe(-1);
  for (let run = 0; run < 200; run++) {
    const [lower, upper] = [keyOf(), keyOf()];
    const [gte, lt] = [next(2) === 0, next(2) === 0];
    const within = keys.filter((key) => key.compare(lower) >= (gte ? 0 : 1) && key.compare(upper) < (lt ? 0 : 1));
    const options = { [gte ? 'gte' : 'gt']: lower, [lt ? 'lt' : 'lte']: upper };
    expect(items.count(options)).toBe(within.length);
    expect(
      items
        .range(options)
        .keys()
        .toArray()
        .every((key, i) => key.equals(within[i] as never)),
    ).toBe(true);
  }
  const side = (reverse: boolean) => ({ range: items.range({ reverse }), on: 'key' }) as const;
  expect(mergeJoin({ build: side(false), probe: side(false) }).count()).toBe(keys.length);
  expect(codeOf(() => mergeJoin({ build: side(true), probe: side(true) }).count())).toBe('ERR_KEY_ORDER');
});

test('the first field of a record can be an optional text, and joined on', () => {
  const items = openAt(temporaryFolder()).collection('items', { value: struct({ name: t.optional(t.utf8) }) });
  items.put(Uint8Array.of(1), { name: 'a' });
  items.put(Uint8Array.of(2), {});
  const side = { range: items.range(), on: { field: 'name' } } as const;
  expect(hashJoin({ build: side, probe: side }).count()).toBe(1);
});
