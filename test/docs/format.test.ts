import fc from 'fast-check';
import { expect, test } from 'vitest';
import { double, Key, struct, t, tuple, utf8 } from '../../lib/index.ts';
import * as codes from '../../lib/key/tuple-format.ts';
import { openTemporary } from '../support/fixture.ts';
import { decode, encode } from '../support/sinks.ts';
import { City, example, hexOf, PAGE, PARIS, table } from './format-page.ts';
import { type Part, readRecord, readTuple, type Type } from './format-reader.ts';

const code = (cell: string): string => cell.replace(/^`|`$/g, '');
const evaluate = (text: string): unknown => new Function('double', `return (${text});`)(double);

test('every code of a tuple stands in the table, and every example is what is written', () => {
  const rows = table('A tuple');
  const known = rows.flatMap(([range]) => {
    const [from, to = from] = (range as string).split(' to ').map((each) => Number.parseInt(each, 16));
    return Array.from({ length: (to as number) - (from as number) + 1 }, (_, i) => (from as number) + i);
  });
  const { ESCAPE, DEEPEST, LARGEST_INTEGER, ...named } = codes;
  for (const number of Object.values(named)) if (typeof number === 'number') expect(known).toContain(number);
  expect([ESCAPE, DEEPEST, LARGEST_INTEGER]).toEqual([0xff, 256, 255]);
  const written = rows.filter(([, , , text]) => text !== '');
  expect(written).toHaveLength(rows.length - 3);
  for (const [, , , text, expected] of written) {
    const part = evaluate(code(text as string)) as never;
    expect(Key.of(part).toHex(), text).toBe(code(expected as string).replaceAll(' ', ''));
  }
  expect(PAGE).toContain(`\`${hexOf(Key.of(-1.5).toBuffer()).replace(/..(?=.)/g, '$& ')}\``);
  expect(hexOf(Key.of('FR', 'a\0b', -2, [null, 5]).toBuffer())).toBe(hexOf(example('tuple')));
});

const partOf: fc.Arbitrary<Part> = fc.letrec<{ part: Part }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Part>(null, true, false, '', 'a\0b', 'é', 0, -1, 2 ** 53 - 1, 2n ** 64n - 1n, 1n - 2n ** 64n),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 20 }).map((given) => Buffer.from(given)),
    fc.array(tie('part'), { maxLength: 4 }),
  ),
})).part;

/** As a reader gives it: a number wherever that is exact, bytes by their digits. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${hexOf(value)}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
  return Object.is(value, -0) ? 0 : value;
}

test('tuples are read by what the page says alone', () => {
  fc.assert(
    fc.property(fc.array(partOf, { maxLength: 6 }), (parts) => {
      const own = readTuple(Buffer.from(encode(tuple, parts as never)));
      expect(plain(own)).toEqual(plain(parts));
    }),
    { numRuns: 500 },
  );
  expect(readTuple(example('tuple'))).toEqual(['FR', 'a\0b', -2, [null, 5]]);
  const float = Key.fromHex('20bfc00000').at(0);
  expect(readTuple(Buffer.from('20bfc00000', 'hex'))).toEqual([float]);
});

test('every type of a field stands in the table, and every example is what is written', () => {
  const rows = table('A record');
  const named = rows.map(([type]) => /`t\.(\w+)/.exec(type as string)?.[1]);
  expect(new Set(named)).toEqual(new Set(Object.keys(t)));
  const types = [...rows.slice(0, 14).map((_, i) => t[named[i] as 'u8']), t.list(t.u8), t.struct({})];
  const examples = [...types, t.optional(t.u16), t.optional(t.utf8)];
  rows.forEach(([type, size, , , text, expected], i) => {
    const record = encode(struct({ x: examples[i] as never }), { x: evaluate(code(text as string)) } as never);
    const fixed = Buffer.from(record).subarray(4, 4 + Buffer.from(record).readUInt16LE(2));
    expect(hexOf(fixed), type).toBe(code(expected as string).replaceAll(' ', ''));
    if (size !== '1 more') expect(String(fixed.length), type).toBe(size);
  });
  expect(hexOf(encode(City, PARIS as never))).toBe(hexOf(example('record')));
  expect(plain(readRecord(example('record'), (City.description as { struct: [string, Type][] }).struct))).toEqual({
    ...PARIS,
    elevation: undefined,
  });
});

const NUMBERS: Record<string, fc.Arbitrary<unknown>> = {
  u8: fc.nat(255),
  u16: fc.nat(65_535),
  u32: fc.nat(2 ** 32 - 1),
  u64: fc.bigInt(0n, 2n ** 64n - 1n),
  i8: fc.integer({ min: -128, max: 127 }),
  i16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  i32: fc.integer(),
  i64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  f32: fc.float(),
  f64: fc.double(),
  bool: fc.boolean(),
  date: fc.date({ noInvalidDate: true }),
  utf8: fc.string({ unit: 'binary' }),
  bytes: fc.uint8Array({ maxLength: 20 }),
};

interface Generated {
  type: never;
  description: Type;
  value: fc.Arbitrary<unknown>;
}

const simple = fc.constantFrom(...Object.keys(NUMBERS)).map<Generated>((name) => ({
  type: t[name as 'u8'] as never,
  description: name,
  value: NUMBERS[name] as fc.Arbitrary<unknown>,
}));

function structFrom(fields: Generated[]): Generated {
  const entries = fields.map((field, i) => [`f${i}`, field] as const);
  return {
    type: t.struct(Object.fromEntries(entries.map(([name, { type }]) => [name, type]))) as never,
    description: { struct: entries.map(([name, { description }]) => [name, description]) },
    value: fc.record(Object.fromEntries(entries.map(([name, { value }]) => [name, value]))),
  };
}

const anyType: fc.Arbitrary<Generated> = fc.letrec<{ required: Generated; any: Generated }>((tie) => ({
  required: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    tie('any').map<Generated>((each) => ({
      type: t.list(each.type) as never,
      description: { list: each.description },
      value: fc.array(each.value, { maxLength: 3 }),
    })),
    fc.array(tie('any'), { maxLength: 3 }).map(structFrom),
  ),
  any: fc.oneof(
    tie('required'),
    tie('required').map<Generated>(({ type, description, value }) => ({
      type: t.optional(type) as never,
      description: { optional: description },
      value: fc.option(value, { nil: undefined }),
    })),
  ),
})).any;

const schemaAndValue = fc
  .tuple(fc.array(anyType, { minLength: 1, maxLength: 5 }), fc.nat(4), fc.nat(4))
  .chain(([fields, written, read]) => {
    const { value } = structFrom(fields.slice(0, written + 1));
    return fc.record({ fields: fc.constant(fields), written: fc.constant(written), read: fc.constant(read), value });
  });

test('records of any schema, older or newer, are read by what the page says alone', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ fields, written, read, value }) => {
      const schema = (count: number) =>
        struct(Object.fromEntries(fields.slice(0, count + 1).map(({ type }, i) => [`f${i}`, type])) as never);
      const stored = Buffer.from(encode(schema(written) as never, value as never));
      const description = structFrom(fields.slice(0, read + 1)).description as { struct: [string, Type][] };
      const view = decode(schema(read), stored) as unknown as { toObject(): object };
      const own = plain(readRecord(stored, description.struct)) as object;
      expect(own).toEqual(
        plain({ ...Object.fromEntries(Object.keys(own).map((name) => [name, undefined])), ...view.toObject() }),
      );
    }),
    { numRuns: 500 },
  );
});

test('a cursor is what the page says', () => {
  const words = openTemporary().collection('words', { key: utf8, value: utf8 });
  const cursor = words.range().cursorAfter({ key: 'b', value: '' });
  expect(hexOf(Buffer.from(cursor, 'base64url'))).toBe(hexOf(example('cursor')));
});
