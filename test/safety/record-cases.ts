import { expect } from 'vitest';
import { writer } from '../../lib/base/writer.ts';
import type { AnyFieldType } from '../../lib/value/struct/field-description.ts';
import { t } from '../../lib/value/struct/field-type.ts';
import { layOut } from '../../lib/value/struct/schema.ts';
import { recordWriter } from '../../lib/value/struct/struct-write.ts';

/* Random schemas with records of them, right and wrong, and what is written of them with and without code of the schema's own. */

/** So many records are written before a schema gets code of its own. */
export const BEFORE_CODE = 100;
type Write = ReturnType<typeof recordWriter>;
type Next = (limit: number) => number;

/**
 * The bytes that are written, or what is thrown. Whatever happens, the writer is as it was before. `room`: so many bytes before the end of the writer's
 * memory, which has to be replaced if the record needs more.
 */
export function outcome(write: Write, value: unknown, room?: number): unknown {
  const before = writer.position;
  const from = room === undefined ? before : writer.size - room;
  writer.position = from;
  try {
    const length = write(writer, value, undefined, 'value');
    expect(length).toBe(writer.position - from);
    return Buffer.from(writer.bytes.slice(from, writer.position)).toString('hex');
  } catch (error) {
    const { name, message, code, path } = error as Error & { code?: string; path?: string };
    return { name, message, code, path };
  } finally {
    writer.position = before;
    writer.trim();
  }
}

/** What writes with code of its own, and what does not. `valid`: a record. */
export function both(types: Record<string, AnyFieldType>, valid: object): { coded: Write; plain: Write } {
  const coded = recordWriter(layOut(types));
  for (let i = 0; i < BEFORE_CODE; i++) outcome(coded, valid);
  const [first] = Object.keys(types) as [string];
  let isCoded = false;
  const get = () => {
    isCoded = String(new Error().stack).includes('eval at');
    return (valid as Record<string, unknown>)[first];
  };
  outcome(coded, Object.defineProperty({ ...valid }, first, { get, enumerable: true }));
  expect(isCoded).toBe(true);
  return { coded, plain: recordWriter(layOut(types), false) };
}

const TEXTS = [
  '',
  'a',
  'short',
  'x'.repeat(24),
  'x'.repeat(25),
  'é',
  'x'.repeat(23) + 'é',
  '日本語',
  '\0',
  '\u{1f600}',
  'y'.repeat(5000),
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  127,
  128,
  255,
  256,
  32767,
  32768,
  -32768,
  65535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  -(2 ** 31),
  0.5,
  1e300,
];
const LONGS = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n];
export const one = <T>(next: Next, of: readonly T[]): T => of[next(of.length)] as T;

const integersWithin = (least: number, most: number) => (next: Next) =>
  one(
    next,
    NUMBERS.filter((number) => Number.isInteger(number) && number >= least && number <= most),
  );

const leaves: [type: AnyFieldType, make: (next: Next) => unknown][] = [
  [t.u8, integersWithin(0, 255)],
  [t.i8, integersWithin(-128, 127)],
  [t.u16, integersWithin(0, 65535)],
  [t.i16, integersWithin(-32768, 32767)],
  [t.u32, integersWithin(0, 2 ** 32 - 1)],
  [t.i32, integersWithin(-(2 ** 31), 2 ** 31 - 1)],
  [t.f32, (next) => one(next, [0, -0, 0.1, -1.5, 3.4e38, Infinity, -Infinity, Number.NaN])],
  [t.f64, (next) => one(next, [...NUMBERS, Infinity, Number.NaN])],
  [t.bool, (next) => next(2) === 0],
  [
    t.u64,
    (next) =>
      one(
        next,
        LONGS.filter((long) => long >= 0n),
      ),
  ],
  [
    t.i64,
    (next) =>
      one(
        next,
        LONGS.filter((long) => long < 2n ** 63n),
      ),
  ],
  [t.date, (next) => new Date(one(next, [0, 1, -1, 8.64e15, 1e12]))],
  [t.utf8, (next) => one(next, TEXTS)],
  [t.bytes, (next) => new Uint8Array(next(60)).fill(next(256))],
  [t.list(t.u16), (next) => Array.from({ length: next(4) }, () => next(65536))],
  [t.list(t.utf8), (next) => Array.from({ length: next(4) }, () => one(next, TEXTS))],
  [t.struct({ x: t.f64, name: t.utf8 }), (next) => ({ x: next(9), name: one(next, TEXTS) })],
];

/** Values of which each type refuses some. */
export const WRONG: unknown[] = [
  ...[
    null,
    undefined,
    true,
    'text',
    '\ud800',
    'x'.repeat(30) + '\udc00',
    1,
    0.5,
    -1,
    256,
    2 ** 32,
    1e39,
    Number.NaN,
    Infinity,
  ],
  ...[1n, -1n, 2n ** 64n, -(2n ** 63n) - 1n, new Date(Number.NaN), new Date(1), [], [null], {}, () => 1, Symbol('s')],
  ...[Object(1), Object('text'), { valueOf: () => 1 }, new Proxy(new Date(1), {}), new Uint8Array(2), { x: 1 }],
];

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: names of fields that look like code
const NAMES = [
  'a',
  'b',
  'name',
  'constructor',
  '__proto__',
  'toString',
  '7',
  '0',
  '',
  'é',
  '"',
  "'",
  '`',
  '\\',
  '\n',
  '\u2028',
  '${a}',
  '*/',
  'x y',
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: names of fields that look like code

interface Case {
  readonly types: Record<string, AnyFieldType>;
  readonly make: (next: Next) => Record<string, unknown>;
}

export function schema(next: Next): Case {
  const names = NAMES.slice()
    .sort(() => next(3) - 1)
    .slice(0, 1 + next(10));
  const types = Object.create(null) as Record<string, AnyFieldType>;
  const makers = Object.create(null) as Record<string, (next: Next) => unknown>;
  for (const name of names) {
    const [type, make] = one(next, leaves);
    const isOptional = next(3) === 0;
    types[name] = isOptional ? (t.optional(type as never) as AnyFieldType) : type;
    makers[name] = isOptional ? (next) => (next(3) === 0 ? undefined : make(next)) : make;
  }
  return {
    types,
    make(next) {
      const object = {};
      for (const name of Object.keys(types)) define(object, name, (makers[name] as (next: Next) => unknown)(next));
      return object;
    },
  };
}

export function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The same properties in another form: of another order, without those that are undefined, with getters, on a prototype, behind a Proxy, … */
export function reshaped(next: Next, given: Record<string, unknown>, read: (name: string) => void): unknown {
  const names = Object.keys(given);
  const from = (names: readonly string[], object: object = {}) => {
    for (const name of names) define(object, name, given[name]);
    return object;
  };
  switch (next(10)) {
    case 0:
      return from(names.slice().reverse());
    case 1:
      return from(names.filter((name) => given[name] !== undefined));
    case 2:
      return from(names.slice(1));
    case 3:
      return from(names, Object.create(null));
    case 4: {
      const object = {};
      for (const name of names) {
        Object.defineProperty(object, name, {
          get: () => {
            read(name);
            return given[name];
          },
          enumerable: next(8) !== 0,
        });
      }
      return object;
    }
    case 5:
      return Object.create(from(names));
    case 6:
      return new Proxy(from(names), {});
    case 7:
      return { ...from(names), other: 1 };
    case 8:
      return Object.freeze(from(names));
    default:
      return one(next, [null, undefined, 1, 'x', [], () => {}, new Date(0), new Map(), {}]);
  }
}
