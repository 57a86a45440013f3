import { deepStrictEqual } from 'node:assert';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { writer } from '../../../lib/base/writer.ts';
import { Key } from '../../../lib/key/key.ts';
import { rememberedValueCodec } from '../../../lib/key/remembered.ts';
import { t } from '../../../lib/value/struct/field-type.ts';
import { type Infer, struct } from '../../../lib/value/struct/struct.ts';
import { sinkOf } from '../../../lib/value/struct/struct-sink.ts';
import { Value } from '../../../lib/value/value.ts';
import { anyText } from '../../support/any-text.ts';
import { decode, encode, lend, thrown } from '../../support/sinks.ts';

/** A field of each type, named after it. */
const { list: _list, struct: _struct, optional: _optional, ...everyType } = t;
const All = struct({
  ...everyType,
  maybeU8: t.optional(t.u8),
  maybeF64: t.optional(t.f64),
  maybeBool: t.optional(t.bool),
  maybeI64: t.optional(t.i64),
  maybeDate: t.optional(t.date),
  maybeUtf8: t.optional(t.utf8),
  maybeBytes: t.optional(t.bytes),
});
type Record = Infer<typeof All>;

const integer = (bits: number, signed: boolean) =>
  fc.integer({ min: signed ? -(2 ** (bits - 1)) : 0, max: 2 ** (signed ? bits - 1 : bits) - 1 });
const text = fc.oneof(
  anyText(60),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
  fc.constantFrom('', '\ufffd', '\0', 'é'.repeat(2000), 'x'.repeat(5000)),
);
const bytes = fc.uint8Array({ maxLength: 200 });
const record: fc.Arbitrary<Record> = fc.record(
  {
    u8: integer(8, false),
    u16: integer(16, false),
    u32: integer(32, false),
    i8: integer(8, true),
    i16: integer(16, true),
    i32: integer(32, true),
    f32: fc.float(),
    f64: fc.double(),
    bool: fc.boolean(),
    u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    date: fc.date({ noInvalidDate: true }),
    utf8: text,
    bytes,
    maybeU8: integer(8, false),
    maybeF64: fc.double(),
    maybeBool: fc.boolean(),
    maybeI64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    maybeDate: fc.date({ noInvalidDate: true }),
    maybeUtf8: text,
    maybeBytes: bytes,
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      ...(['u8', 'u16', 'u32', 'i8', 'i16', 'i32', 'f32', 'f64', 'bool', 'u64', 'i64'] as const),
      ...(['date', 'utf8', 'bytes'] as const),
    ],
  },
) as never;

const LEAST: Record = {
  ...{ u8: 0, u16: 0, u32: 0, i8: -128, i16: -32768, i32: -(2 ** 31), f32: -Infinity, f64: -0, bool: false },
  ...{ u64: 0n, i64: -(2n ** 63n), date: new Date(-8.64e15), utf8: '', bytes: new Uint8Array(0) },
};
const MOST: Record = {
  ...{ u8: 255, u16: 65535, u32: 2 ** 32 - 1, i8: 127, i16: 32767, i32: 2 ** 31 - 1, f32: Infinity, f64: 1e308 },
  ...{
    bool: true,
    u64: 2n ** 64n - 1n,
    i64: 2n ** 63n - 1n,
    date: new Date(8.64e15),
    utf8: 'z',
    bytes: Uint8Array.of(255),
  },
};

describe('round trips', () => {
  test('any record, field by field and whole', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(record, (given) => {
        const view = decode(All, encode(All, given));
        // This comparison is many times faster than expect().
        deepStrictEqual(view.toObject(), given);
        for (const name of Object.keys(given) as (keyof Record)[]) {
          const read = view[name];
          deepStrictEqual(read instanceof Value ? new Uint8Array(read.toBuffer()) : read, given[name]);
        }
        // A view can be written as a value.
        deepStrictEqual(encode(All, view), encode(All, given));
      }),
      { numRuns: 1_500 },
    );
  });

  test.each([
    ['least', LEAST],
    ['greatest', MOST],
    ['least, properties in another order', Object.fromEntries(Object.entries(LEAST).reverse()) as unknown as Record],
    ['optionals that are undefined', { ...MOST, maybeU8: undefined, maybeUtf8: undefined, maybeBytes: undefined }],
  ])('%s values', (_, given) => {
    const expected = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    expect(decode(All, encode(All, given)).toObject()).toStrictEqual(expected);
  });

  test('a sink may be given for bytes', () => {
    const view = decode(All, encode(All, MOST));
    for (const sink of [view.bytes, Key.fromHex('ff')]) {
      expect(decode(All, encode(All, { ...MOST, bytes: sink })).bytes.toBuffer()).toEqual(Buffer.of(255));
    }
  });

  test('reads at any alignment', () => {
    const stored = encode(All, MOST);
    for (let shift = 0; shift < 8; shift++) {
      const { lease, at } = lend(stored);
      const moved = new Uint8Array(lease.values.length + shift);
      moved.set(lease.values, shift);
      lease.values = moved;
      lease.table[6] = (lease.table[6] as number) + shift;
      expect(All.view(lease, at).toObject()).toStrictEqual(MOST);
    }
  });
});

describe('the format', () => {
  test('is the one that the design states', () => {
    const Point = struct({ x: t.u16, name: t.utf8, y: t.optional(t.i8), raw: t.bytes, note: t.optional(t.utf8) });
    const stored = encode(Point, { x: 0x0102, name: 'ab', raw: Uint8Array.of(9), y: -1 });
    const expected = [
      ...['01', '00', '1c00'], // version, flags, size of the fixed part
      ...['0201', '20000000', '02000080', '01', 'ff', '22000000', '01000000', '00000000', '00000000'],
      ...['6162', '09'],
    ];
    expect(Buffer.from(stored).toString('hex')).toBe(expected.join(''));
  });

  test('marks a text that is all ASCII, and only such', () => {
    const Name = struct({ name: t.utf8 });
    expect(encode(Name, { name: 'abc' })[11]).toBe(0x80);
    expect(encode(Name, { name: 'abç' })[11]).toBe(0);
  });
});

describe('fields that are added at the end', () => {
  const Old = struct({ id: t.u32, name: t.utf8 });
  const New = struct({
    ...{ id: t.u32, name: t.utf8, u8: t.u8, f64: t.f64, bool: t.bool, i64: t.i64, date: t.date, utf8: t.utf8 },
    ...{ bytes: t.bytes, maybe: t.optional(t.u32), maybeUtf8: t.optional(t.utf8), maybeBytes: t.optional(t.bytes) },
  });
  const added = { u8: 1, f64: 1.5, bool: true, i64: 2n, date: new Date(1), utf8: 'x', bytes: Uint8Array.of(1) };

  test('read as undefined, or the zero of their type, in an older record', () => {
    const view = decode(New, encode(Old, { id: 7, name: 'Paris' }));
    expect(view.toObject()).toStrictEqual({
      ...{
        id: 7,
        name: 'Paris',
        u8: 0,
        f64: 0,
        bool: false,
        i64: 0n,
        date: new Date(0),
        utf8: '',
        bytes: new Uint8Array(0),
      },
    });
    expect([view.maybe, view.maybeUtf8, view.maybeBytes]).toEqual([undefined, undefined, undefined]);
    expect(view.bytes.byteLength).toBe(0);
    view.date.setTime(99);
    expect(view.date.getTime()).toBe(0);
  });

  test('are not seen by an older schema', () => {
    const view = decode(Old, encode(New, { id: 7, name: 'Paris', ...added }));
    expect(view.toObject()).toStrictEqual({ id: 7, name: 'Paris' });
  });

  test('keep the schemas compatible; anything else names the field', () => {
    Old.accept(New.description);
    New.accept(Old.description);
    New.accept(JSON.parse(JSON.stringify(New.description)));
    for (const [other, name] of [
      [struct({ id: t.u32, name: t.bytes }), 'name'],
      [struct({ id: t.u32, title: t.utf8 }), 'title'],
      [struct({ name: t.utf8, id: t.u32 }), 'name'],
      [struct({ id: t.optional(t.u32), name: t.utf8 }), 'id'],
    ] as const) {
      const error = thrown(() => Old.accept(other.description));
      expect([error.code, error.message]).toEqual(['ERR_CODEC', expect.stringContaining(`'${name}'`)]);
    }
    for (const other of ['json', null, 1, { struct: 'x' }])
      expect(thrown(() => Old.accept(other)).code).toBe('ERR_CODEC');
  });

  test('change the fingerprint; the same fields have the same', () => {
    expect(Old.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(Old.fingerprint).toBe(struct({ id: t.u32, name: t.utf8 }).fingerprint);
    const others = [
      New,
      struct({ id: t.u32 }),
      struct({ name: t.utf8, id: t.u32 }),
      struct({ id: t.u32, name: t.bytes }),
    ];
    expect(new Set([Old, ...others].map((codec) => codec.fingerprint)).size).toBe(5);
  });

  test('a remembered description reads the records', () => {
    const codec = rememberedValueCodec(JSON.parse(JSON.stringify(All.description)));
    if (codec === undefined) return expect.fail('no codec');
    const view = decode(codec as typeof All, encode(All, MOST));
    expect(view.toObject()).toStrictEqual(MOST);
    for (const other of [
      { custom: 'x' },
      { struct: [['a', 'u128']] },
      { struct: [['a', { list: 'u128' }]] },
      null,
      1,
    ]) {
      expect(rememberedValueCodec(other)).toBe(undefined);
    }
  });
});

describe('field names', () => {
  test('may be anything, also what objects have already', () => {
    const names = [
      'constructor',
      'toObject',
      'toJSON',
      'hasOwnProperty',
      '__proto__',
      'valueOf',
      '',
      'a b',
      '7',
      'keep',
    ];
    const Odd = struct(Object.fromEntries(names.map((name) => [name, t.u8])));
    const given = Object.fromEntries(names.map((name, i) => [name, i]));
    expect(Object.hasOwn(given, '__proto__')).toBe(true);
    const view = decode(Odd, encode(Odd, given)) as unknown as { [name: string]: unknown };
    for (const [i, name] of names.entries()) expect(view[name]).toBe(i);
    expect(inspect(view)).toContain('hasOwnProperty: 3');
    expect(sinkOf(view).keep()).toBe(view);
    const error = thrown(() => encode(Odd, { ...given, constructor: undefined } as never));
    expect(error.message).toContain('value.constructor');
  });

  test('what every object inherits is not the value of a field', () => {
    const Odd = struct({
      constructor: t.optional(t.u8),
      ['__proto__']: t.optional(t.u8),
      toString: t.optional(t.utf8),
    });
    expect(encode(Odd, {} as never)).toEqual(encode(Odd, { constructor: undefined } as never));
    expect(encode(Odd, new (class {})() as never)).toEqual(encode(Odd, {} as never));
    expect(Object.keys(decode(Odd, encode(Odd, {} as never)).toObject())).toEqual([]);
  });

  test('a method wins only where no field has its name', () => {
    const Odd = struct({ toJSON: t.utf8 });
    const view = decode(Odd, encode(Odd, { toJSON: 'mine' }));
    expect(view.toJSON).toBe('mine');
    expect(view.toObject()).toEqual({ toJSON: 'mine' });
  });
});

describe('what is no record', () => {
  const range = 'ERR_OUT_OF_RANGE';
  const type = 'ERR_INVALID_ARG_TYPE';
  const invalid = 'ERR_INVALID_ARG_VALUE';
  const rows: [name: string, value: unknown, code: string][] = [
    ...(['u8', 'u16', 'u32', 'i8', 'i16', 'i32'] as const).flatMap((name): [string, unknown, string][] => [
      [name, '1', type],
      [name, 1n, type],
      [name, undefined, type],
      [name, null, type],
      [name, 0.5, range],
      [name, Number.NaN, range],
      [name, (MOST[name] as number) + 1, range],
      [name, (LEAST[name] as number) - 1, range],
    ]),
    ['f32', '1', type],
    ['f32', 1e39, range],
    ['f64', 1n, type],
    ['bool', 1, type],
    ['u64', 1, type],
    ['u64', -1n, range],
    ['u64', 2n ** 64n, range],
    ['i64', 2n ** 63n, range],
    ['i64', -(2n ** 63n) - 1n, range],
    ['date', 0, type],
    ['date', '2026-01-01', type],
    ['date', { getTime: () => 0 }, type],
    ['date', new Date(Number.NaN), range],
    ['utf8', 1, type],
    ['utf8', undefined, type],
    ['utf8', '\ud800', invalid],
    ['bytes', 'ab', type],
    ['bytes', [1, 2], type],
    ['bytes', new Float64Array(1), type],
    ['maybeU8', null, type],
    ['maybeU8', 256, range],
    ['maybeUtf8', null, type],
    ['maybeUtf8', 'a\udc00', invalid],
    ['maybeBytes', 'ab', type],
  ];

  test.each(rows)('%s: %s is %s', (name, value, code) => {
    writer.position = 0;
    const error = thrown(() => encode(All, { ...MOST, [name]: value } as never));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`value.${name} `);
    if (code === type) expect(error).toBeInstanceOf(TypeError);
    if (code === range) expect(error).toBeInstanceOf(RangeError);
  });

  test('a field that is missing, one that does not exist, and what is no object', () => {
    const { u8: _, ...without } = MOST;
    expect(thrown(() => encode(All, without as never)).message).toContain('value.u8');
    const extra = thrown(() => encode(All, { ...MOST, u9: 1 } as never));
    expect([extra.code, extra.message]).toEqual([invalid, expect.stringContaining('"u9"')]);
    for (const wrong of [null, undefined, 1, 'x', [], () => {}]) {
      expect(thrown(() => encode(All, wrong as never)).code).toBe(type);
    }
  });

  test('a schema is checked when it is made', () => {
    for (const wrong of [null, 1, [], { a: 'u8' }, { a: {} }, { a: undefined }, { a: { ...t.u8 } }]) {
      expect(thrown(() => struct(wrong as never)).code).toBe(type);
    }
    expect(thrown(() => t.optional(t.optional(t.u8) as never)).code).toBe(type);
    expect(thrown(() => t.optional(undefined as never)).code).toBe(type);
    const wide = Object.fromEntries(Array.from({ length: 8192 }, (_, i) => [`f${i}`, t.f64]));
    expect(thrown(() => struct(wide)).code).toBe(invalid);
  });

  test('a record is read-only', () => {
    const view = decode(All, encode(All, MOST));
    expect(() => Object.assign(view, { u8: 1 })).toThrow(TypeError);
  });
});

describe('user code in the middle of an encoding', () => {
  const Pair = struct({ a: t.utf8, b: t.utf8 });

  test('may encode records of its own', () => {
    const tricky = {
      get a() {
        encode(Pair, { a: 'x'.repeat(300_000), b: 'y' });
        return 'first';
      },
      get b() {
        Key.of('z'.repeat(400_000));
        return 'second';
      },
    };
    expect(encode(Pair, tricky)).toEqual(encode(Pair, { a: 'first', b: 'second' }));
    expect(encode(Pair, new Proxy(tricky, {}))).toEqual(encode(Pair, { a: 'first', b: 'second' }));
  });

  test('may throw', () => {
    const failing = {
      a: 'a',
      get b(): string {
        throw new Error('mine');
      },
    };
    expect(() => encode(Pair, failing)).toThrow('mine');
    expect(writer.position).toBe(0);
  });
});

describe('a view', () => {
  const City = struct({ id: t.u32, name: t.utf8, big: t.u64, raw: t.bytes, at: t.date, maybe: t.optional(t.u8) });
  const paris = { id: 1, name: 'Paris', big: 2n ** 60n, raw: Uint8Array.of(1, 255), at: new Date(86_400_000) };
  const lent = (options?: Parameters<typeof lend>[1]) => {
    const shared = lend(encode(City, paris), options);
    return { ...shared, view: City.view(shared.lease, shared.at) };
  };

  test('goes to JSON', () => {
    const json = { id: 1, name: 'Paris', big: String(2n ** 60n), raw: '01ff', at: '1970-01-02T00:00:00.000Z' };
    expect(JSON.parse(JSON.stringify(lent().view))).toEqual(json);
    const { view } = lent();
    expect(view.toJSON()).toEqual(json);
    expect(decode(City, encode(City, { ...paris, big: 7n })).toJSON()).toEqual({ ...json, big: 7 });
  });

  test('is inspected like an object, whatever state it is in', () => {
    const { view, lease } = lent();
    expect(inspect(view)).toContain("name: 'Paris'");
    lease.values[lend(new Uint8Array(0)).lease.table[6] as number] = 9;
    expect(inspect(view)).toContain('format version 9');
    lease.expire();
    expect(inspect(view)).toBe('Struct <expired>');
    expect(inspect(Object.create(Object.getPrototypeOf(view)))).toContain('cannot be shown');
    expect(inspect({ deep: { down: [view] } }, { depth: 0 })).toBe('{ deep: [Object] }');
  });

  test('has its sink calls beside it', () => {
    const { view } = lent();
    const stored = encode(City, paris);
    const sink = sinkOf(view);
    expect([sink.byteLength, sink.byteAt(0), sink.state]).toEqual([stored.length, 1, 'shared']);
    expect([sink.equals(stored), sink.compare(sinkOf(lent().view)), sink.hash()]).toEqual([
      true,
      0,
      sinkOf(lent().view).hash(),
    ]);
    expect(new Uint8Array(sink.toBuffer())).toEqual(stored);
    expect(new Uint8Array(sink.asBuffer())).toEqual(stored);
    for (const wrong of [null, {}, Key.of(1), 'x'])
      expect(thrown(() => sinkOf(wrong as never)).code).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('is kept, and a part of it on its own', () => {
    const { view, lease, counters } = lent();
    const { raw } = view;
    expect(raw.state).toBe('shared');
    expect(raw.keep()).toBe(raw);
    expect(counters.bytesCopied).toBe(2);
    expect(sinkOf(view).keep()).toBe(view);
    lease.expire();
    expect([raw.state, sinkOf(view).state, view.raw.state]).toEqual(['copied', 'copied', 'copied']);
    expect(view.toObject()).toStrictEqual(paris);
    expect(raw.toBuffer()).toEqual(Buffer.of(1, 255));
  });

  test.each(['shared', 'copied', 'private'] as const)('is kept as a new private one in a scan that is %s', (state) => {
    const { view, lease } = lent({ reaimed: true, state });
    const { raw } = view;
    const kept = sinkOf(view).keep();
    expect(kept).not.toBe(view);
    lease.turn++;
    expect(thrown(() => raw.byteAt(0)).code).toBe('ERR_LEASE_EXPIRED');
    lease.expire();
    expect([sinkOf(kept).state, kept.toObject()]).toEqual(['private', paris]);
    expect(kept.constructor).toBe(view.constructor);
  });

  test('throws from every getter and call once it has expired', () => {
    const { view, lease } = lent();
    const sink = sinkOf(view);
    const { raw } = view;
    lease.expire();
    const names = ['id', 'name', 'big', 'raw', 'at', 'maybe'] as const;
    const calls = [
      ...names.map((name) => () => view[name]),
      ...[() => view.toObject(), () => view.toJSON(), () => sink.byteLength, () => sink.byteAt(0), () => sink.hash()],
      ...[
        () => sink.equals(sink),
        () => sink.toBuffer(),
        () => sink.asBuffer(),
        () => sink.keep(),
        () => raw.byteAt(0),
      ],
      ...[() => encode(City, view)],
    ];
    for (const call of calls) expect(thrown(call).code).toBe('ERR_LEASE_EXPIRED');
    expect([sink.state, raw.state]).toEqual(['expired', 'expired']);
  });

  test('getters refuse what is no view', () => {
    const getter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(lent().view), 'id')?.get;
    expect(() => getter?.call({})).toThrow(TypeError);
  });

  test('does not lead to its lease', () => {
    const { view, lease } = lent();
    const seen = new Set<unknown>();
    const visit = (value: unknown): void => {
      if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
      seen.add(value);
      expect(value === lease || value === lease.values).toBe(false);
      if (value === Object.prototype || value === Function.prototype) return;
      for (const { value: inner } of Object.values(Object.getOwnPropertyDescriptors(value))) visit(inner);
      for (const name of Object.getOwnPropertySymbols(value))
        visit(Object.getOwnPropertyDescriptor(value, name)?.value);
      visit(Object.getPrototypeOf(value));
    };
    visit(view);
    visit(sinkOf(view));
    visit(view.raw);
    expect(seen.size).toBeGreaterThan(5);
  });
});

test('static types', () => {
  const City = struct({ id: t.u32, name: t.utf8, raw: t.bytes, nick: t.optional(t.utf8), at: t.date, big: t.u64 });
  type City = Infer<typeof City>;
  expectTypeOf<City>().toEqualTypeOf<{
    id: number;
    name: string;
    raw: Uint8Array;
    at: Date;
    big: bigint;
    nick?: string | undefined;
  }>();
  type View = ReturnType<typeof City.view>;
  expectTypeOf<View['nick']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<View['raw']>().toEqualTypeOf<Value>();
  expectTypeOf<ReturnType<View['toObject']>>().toEqualTypeOf<City>();
  const put: (value: Parameters<typeof City.write>[0]) => void = () => {};
  const whole = { id: 1, name: 'x', raw: new Uint8Array(0), at: new Date(), big: 1n };
  put(whole);
  put({ ...whole, nick: undefined });
  const view = decode(City, encode(City, whole));
  put(view);
  // @ts-expect-error a field of the wrong type
  put({ ...whole, id: '1' });
  // @ts-expect-error a field that does not exist
  put({ ...whole, nickname: '1' });
  // @ts-expect-error a field too few
  put({ id: 1 });
  // @ts-expect-error a name that no field has
  void view.population;
  const write = () => {
    // @ts-expect-error views are read-only
    view.id = 1;
  };
  expect(write).toThrow(TypeError);
});
