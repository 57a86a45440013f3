// Compares with deepStrictEqual: expect() would look at a field that is called 'constructor', and is much slower.
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rememberedValueCodec } from '../../../lib/key/remembered.ts';
import type { AnyFieldType } from '../../../lib/value/struct/field-description.ts';
import { t } from '../../../lib/value/struct/field-type.ts';
import { struct } from '../../../lib/value/struct/struct.ts';
import { plainOf, type StructView } from '../../../lib/value/struct/struct-view.ts';
import { anyText } from '../../support/any-text.ts';
import { runs } from '../../support/runs.ts';
import { decode, encode } from '../../support/sinks.ts';

/** A type, and values of it as `toObject` returns them. */
interface Typed {
  type: AnyFieldType;
  values: fc.Arbitrary<unknown>;
}

const integer = (bits: number, signed: boolean) =>
  fc.integer({ min: signed ? -(2 ** (bits - 1)) : 0, max: 2 ** (signed ? bits - 1 : bits) - 1 });
const long = (least: bigint) => fc.bigInt({ min: least, max: least + 2n ** 64n - 1n });
const text = fc.oneof(anyText(40), fc.string({ unit: 'binary-ascii', maxLength: 40 }));
const leaves: Typed[] = [
  { type: t.u8, values: integer(8, false) },
  { type: t.u16, values: integer(16, false) },
  { type: t.u32, values: integer(32, false) },
  { type: t.i8, values: integer(8, true) },
  { type: t.i16, values: integer(16, true) },
  { type: t.i32, values: integer(32, true) },
  { type: t.f32, values: fc.float() },
  { type: t.f64, values: fc.double() },
  { type: t.bool, values: fc.boolean() },
  { type: t.u64, values: long(0n) },
  { type: t.i64, values: long(-(2n ** 63n)) },
  { type: t.date, values: fc.date({ noInvalidDate: true }) },
  { type: t.utf8, values: text },
  { type: t.bytes, values: fc.uint8Array({ maxLength: 40 }) },
];

/** Values that a struct with these fields accepts. Optional fields may be absent. */
function record(fields: Record<string, Typed>): fc.Arbitrary<object> {
  const names = Object.keys(fields);
  const values = names.map((name) => {
    const { type, values } = fields[name] as Typed;
    return type.optional ? fc.option(values, { nil: undefined }) : values;
  });
  return fc.tuple(...values).map((read) => {
    const object = {};
    for (const [i, name] of names.entries()) {
      if (read[i] === undefined) continue;
      Object.defineProperty(object, name, { value: read[i], enumerable: true, configurable: true, writable: true });
    }
    return object;
  });
}

function typesOf(fields: Record<string, Typed>): Record<string, AnyFieldType> {
  const types = Object.create(null) as Record<string, AnyFieldType>;
  for (const name of Object.keys(fields)) types[name] = (fields[name] as Typed).type;
  return types;
}

const names = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom('toObject', 'toJSON', 'constructor', '__proto__', 'then', 'valueOf', 'length', '0', '7'),
);

const { fields } = fc.letrec<{ type: Typed; required: Typed; fields: Record<string, Typed> }>((tie) => ({
  required: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(...leaves),
    tie('type').map(({ type, values }) => ({
      type: t.list(type),
      values: fc.array(type.optional ? fc.option(values, { nil: undefined }) : values, { maxLength: 5 }),
    })),
    tie('fields').map((inner) => ({ type: t.struct(typesOf(inner)), values: record(inner) })),
  ),
  type: fc
    .tuple(tie('required'), fc.boolean())
    .map(([{ type, values }, optional]) => ({ type: optional ? t.optional(type as never) : type, values }) as Typed),
  fields: fc.dictionary(names, tie('type'), { maxKeys: 6, noNullPrototype: false }),
}));

/** Like `toObject`, but works also if a field has that name. */
function plain(codec: Parameters<typeof decode>[0], stored: Uint8Array): object {
  return plainOf(decode(codec, stored) as StructView);
}

const cases = fields.chain((given) => fc.tuple(fc.constant(given), record(given), fc.nat(6)));

test('random records of random schemas read back whole, also by a shorter schema and a remembered one', {
  timeout: 600_000,
}, () => {
  fc.assert(
    fc.property(cases, ([given, value, kept]) => {
      const codec = struct(typesOf(given));
      const stored = encode(codec, value as never);
      deepStrictEqual(plain(codec, stored), value);

      const remembered = rememberedValueCodec(JSON.parse(JSON.stringify(codec.description)));
      if (remembered === undefined) return expect.fail('a description that is not understood');
      deepStrictEqual(plain(remembered, stored), value);
      deepStrictEqual(encode(remembered, value as never), stored);
      deepStrictEqual(encode(codec, decode(codec, stored) as never), stored);

      const order = Object.keys(given);
      const shorter = struct(
        typesOf(Object.fromEntries(order.slice(0, kept).map((name) => [name, given[name] as Typed]))),
      );
      deepStrictEqual(codec.accept(shorter.description), codec.description);
      const before = plain(shorter, stored);
      for (const name of order.slice(0, kept)) {
        deepStrictEqual(Object.getOwnPropertyDescriptor(before, name), Object.getOwnPropertyDescriptor(value, name));
      }
    }),
    { numRuns: runs(1_000, 30_000), seed: 20_261_120 },
  );
});
