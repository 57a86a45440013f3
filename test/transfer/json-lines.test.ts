import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importRecords, sinkOf, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { anyText } from '../support/any-text.ts';
import { collectionOf } from '../support/fixture.ts';

const Row = struct({
  id: t.utf8,
  u8: t.u8,
  i16: t.optional(t.i16),
  u32: t.u32,
  i64: t.i64,
  u64: t.optional(t.u64),
  f32: t.f32,
  f64: t.optional(t.f64),
  bool: t.optional(t.bool),
  text: t.optional(t.utf8),
});

/** The value of a field in a file: usually one that fits the field, sometimes any. */
const text = fc.oneof(anyText(40), fc.string({ maxLength: 40 }));
const number = fc
  .oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom('-0', '0', '-0.0', '1.10', '1e5', '1E-7', '01', '1.', '.5', '+1', '-', '9007199254740993', '1e400'),
    fc.constantFrom(
      '123456789012345',
      '1234567890123456',
      '0.1234567890123456789',
      '18446744073709551615',
      '255',
      '256',
    ),
    fc.maxSafeInteger(),
  )
  .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
const anything = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  number,
  fc.constantFrom('true', 'false', 'null', '{}', '[]', 'tru', '"\\ud800"', '"\\u0041\\n"', '"a\u0001b"', '"open'),
);
const value = fc.record({
  id: fc.uuid().map((id) => JSON.stringify(id)),
  u8: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 255 }).map(String) }, anything),
  i16: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -32768, max: 32767 }).map(String) }, anything),
  u32: fc.oneof({ weight: 9, arbitrary: fc.nat().map(String) }, anything),
  i64: fc.oneof({ weight: 9, arbitrary: fc.maxSafeInteger().map(String) }, anything),
  u64: fc.oneof({ weight: 9, arbitrary: fc.nat().map(String) }, anything),
  f32: fc.oneof({ weight: 9, arbitrary: number }, anything),
  f64: fc.oneof({ weight: 9, arbitrary: number }, anything),
  bool: fc.oneof({ weight: 9, arbitrary: fc.boolean().map(String) }, anything),
  text: fc.oneof({ weight: 9, arbitrary: text.map((each) => JSON.stringify(each)) }, anything),
});
const line = fc
  .tuple(
    value,
    fc.subarray(['i16', 'u64', 'f64', 'bool', 'text', 'u8']),
    fc.constantFrom('', '', '', ' ', '  ', '\t'),
    fc.constantFrom('', '', '', '', '\r', ' ', ',', '}', '{}'),
    fc.constantFrom('', '', '', 'order', 'unknown', 'twice'),
  )
  .map(([fields, left, space, tail, change]) => {
    let pairs = Object.entries(fields).filter(([name]) => !left.includes(name) || (name === 'u8' && left.length < 6));
    if (change === 'order') pairs = pairs.reverse();
    if (change === 'unknown') pairs.push(['unknown', '1']);
    if (change === 'twice') pairs.push(pairs[0] as [string, string]);
    const inner = pairs.map(([name, json]) => `${JSON.stringify(name)}:${space}${json}`).join(`,${space}`);
    return `{${inner}}${tail}`;
  });

/** Keys and records as they are stored. */
function stored(items: ReturnType<typeof collectionOf<string, string, object, object>>['items']): string[] {
  return items
    .range()
    .map(({ key, value }) => `${JSON.stringify(key)} ${sinkOf(value).toBuffer().toString('hex')}`)
    .toArray();
}

function raise(name: string): never {
  throw new Error(`${name} is absent`);
}

describe('lines of JSON that are written straight as records', () => {
  it.each([
    ['a text', utf8, ['id'], ({ id }: { id: string }) => id],
    [
      'a tuple',
      tuple,
      ['bool', 'i64', 'id'],
      (r: Record<string, unknown>) =>
        ['bool', 'i64', 'id'].map((name) => (r[name] === undefined ? raise(name) : r[name])),
    ],
  ])(
    'give the same records and the same errors as lines that are parsed, with %s for a key',
    async (_, codec, names, key) => {
      const { items: direct } = collectionOf({ key: codec as typeof utf8, value: Row });
      const { items: parsed } = collectionOf({ key: codec as typeof utf8, value: Row });
      await fc.assert(
        fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (all) => {
          const source = () => Readable.from([all.join('\n')]);
          direct.clear();
          parsed.clear();
          const one = await importRecords(direct, source(), { key: names, onError: 'skip' });
          const other = await importRecords(parsed, source(), { key: key as never, onError: 'skip' });
          expect(one.rows).toBe(other.rows);
          expect(one.errors?.map(({ line, code }) => [line, code])).toEqual(
            other.errors?.map(({ line, code }) => [line, code]),
          );
          expect(stored(direct as never)).toEqual(stored(parsed as never));
        }),
        { numRuns: 300 },
      );
    },
    60_000,
  );
});
