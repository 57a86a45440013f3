import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Key } from '../../../lib/key/key.ts';
import { rememberedValueCodec } from '../../../lib/key/remembered.ts';
import { t } from '../../../lib/value/struct/field-type.ts';
import type { List } from '../../../lib/value/struct/list.ts';
import { type Infer, struct } from '../../../lib/value/struct/struct.ts';
import { sinkOf } from '../../../lib/value/struct/struct-sink.ts';
import { Value } from '../../../lib/value/value.ts';
import { decode, encode, lend, thrown } from '../../support/sinks.ts';

const Line = t.struct({ item: t.utf8, price: t.u32, note: t.optional(t.utf8) });
const Order = struct({
  id: t.u32,
  customer: t.struct({ name: t.utf8, born: t.optional(t.date), home: t.struct({ lat: t.f64, lon: t.f64 }) }),
  tags: t.list(t.utf8),
  lines: t.list(Line),
  grid: t.list(t.list(t.i16)),
  blobs: t.list(t.bytes),
  sizes: t.list(t.u64),
  gaps: t.list(t.optional(t.u8)),
  maybe: t.optional(t.struct({ x: t.u8 })),
  maybes: t.optional(t.list(t.date)),
});
const order: Infer<typeof Order> = {
  id: 7,
  customer: { name: 'Zoë', born: new Date(5), home: { lat: 48.85, lon: 2.35 } },
  tags: ['new', 'Zürich', ''],
  lines: [
    { item: 'pen', price: 3 },
    { item: 'ink', price: 4_000_000_000, note: 'blue' },
  ],
  grid: [[1, -2], [], [32767]],
  blobs: [Uint8Array.of(1, 255), new Uint8Array(0)],
  sizes: [0n, 2n ** 64n - 1n],
  gaps: [1, undefined, 3],
  maybe: { x: 9 },
  maybes: [new Date(86_400_000)],
};
const EMPTY = { ...order, tags: [], lines: [], grid: [], blobs: [], sizes: [], gaps: [] };

/** A copy of `value` in which the value at a path is replaced. */
function changed(path: (string | number)[], to: unknown, value: unknown = order): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return to;
  if (Array.isArray(value)) return value.map((element, i) => (i === step ? changed(rest, to, element) : element));
  return { ...(value as object), [step]: changed(rest, to, (value as Record<string, unknown>)[step]) };
}

describe('lists and structs in a record', () => {
  test('read back whole, and element by element', () => {
    const view = decode(Order, encode(Order, order));
    expect(view.toObject()).toStrictEqual(order);
    expect(view.customer.home.lon).toBe(2.35);
    expect([view.tags.length, view.tags.at(1), view.tags.at(-1), view.tags.at(3), view.tags.at(-4)]).toEqual([
      ...[3, 'Zürich', '', undefined, undefined],
    ]);
    expect([view.tags.at(1.9), view.tags.at(Number.NaN), view.tags.at(Infinity)]).toEqual([
      'Zürich',
      undefined,
      undefined,
    ]);
    expect([...view.tags]).toEqual(order.tags);
    expect([...view.lines].map((line) => line.price)).toEqual([3, 4_000_000_000]);
    expect(view.lines.at(1)?.note).toBe('blue');
    expect(view.grid.at(0)?.toArray()).toEqual([1, -2]);
    expect(view.blobs.at(0)).toBeInstanceOf(Value);
    expect([...view.gaps]).toEqual([1, undefined, 3]);
    expect(view.maybe?.x).toBe(9);
    expect(view.maybes?.at(0)).toEqual(new Date(86_400_000));
  });

  test('may be absent where they are optional, and empty', () => {
    const { maybe: _, maybes: __, ...without } = order;
    const view = decode(Order, encode(Order, { ...without, maybe: undefined }));
    expect([view.maybe, view.maybes]).toEqual([undefined, undefined]);
    expect(view.toObject()).toStrictEqual(without);
    expect(decode(Order, encode(Order, EMPTY)).toObject()).toStrictEqual(EMPTY);
    expect(decode(Order, encode(Order, { ...EMPTY, maybes: [] })).maybes?.length).toBe(0);
  });

  test('views, Lists and typed arrays are themselves values to write', () => {
    const stored = encode(Order, order);
    const view = decode(Order, stored);
    expect(encode(Order, view)).toEqual(stored);
    expect(encode(Order, { ...order, lines: view.lines, customer: view.customer })).toEqual(stored);
    const { grid } = decode(Order, encode(Order, { ...order, grid: [Int16Array.of(4, -5), Uint8Array.of(6)] }));
    expect(grid.toJSON()).toEqual([[4, -5], [6]]);
    const sizes = BigUint64Array.of(3n);
    expect(decode(Order, encode(Order, { ...order, sizes })).sizes.toArray()).toEqual([3n]);
  });

  test('go to JSON', () => {
    const json = {
      ...{ ...order, customer: { ...order.customer, born: new Date(5).toISOString() } },
      ...{ blobs: ['01ff', ''], sizes: [0, String(2n ** 64n - 1n)], gaps: [1, null, 3] },
      maybes: ['1970-01-02T00:00:00.000Z'],
    };
    const view = decode(Order, encode(Order, order));
    expect(view.toJSON()).toStrictEqual(json);
    expect(JSON.parse(JSON.stringify(view))).toStrictEqual(json);
    expect(view.customer.toJSON()).toStrictEqual(json.customer);
    expect(view.lines.toJSON()).toStrictEqual(json.lines);
  });

  test('are inspected like objects and arrays, whatever state they are in', () => {
    const shared = lend(encode(Order, order));
    const view = Order.view(shared.lease, shared.at);
    const shown = inspect(view, { depth: 5 });
    expect(shown).toContain("tags: List(3) [ 'new', 'Zürich', '' ]");
    expect(shown).toContain('home: Struct { lat: 48.85, lon: 2.35 }');
    expect(inspect(view, { depth: 1 })).toContain('lines: List(2) [ [Struct], [Struct] ]');
    const { lines } = view;
    expect(
      inspect(decode(struct({ l: t.list(t.u8) }), encode(struct({ l: t.list(t.u8) }), { l: new Uint8Array(102) })).l),
    ).toContain('... 2 more items');
    expect(inspect(Object.create(Object.getPrototypeOf(lines)))).toContain('cannot be shown');
    shared.lease.expire();
    expect(inspect(lines)).toBe('List <expired>');
  });

  test('read at any alignment, and nothing but themselves', () => {
    const { lease, at } = lend(encode(Order, order));
    for (let shift = 1; shift < 8; shift++) {
      const moved = new Uint8Array(lease.values.length + shift);
      moved.set(lease.values, shift);
      const other = lend(new Uint8Array(0)).lease;
      other.values = moved;
      other.table = lease.table.slice();
      other.table[6] = (lease.table[6] as number) + shift;
      expect(Order.view(other, at).toObject()).toStrictEqual(order);
    }
  });
});

describe('the format of lists and nested structs', () => {
  test('is a count, elements, and a variable part of its own; and a record', () => {
    const Codec = struct({ a: t.list(t.u16), b: t.list(t.utf8), c: t.struct({ d: t.u8 }) });
    const stored = encode(Codec, { a: [1, 258], b: ['xy', ''], c: { d: 3 } });
    const expected = [
      ...['01001800', '1c00000008000000', '2400000016000000', '3a00000005000000'],
      ...['02000000', '0100', '0201'],
      ...['02000000', '1400000002000080', '1600000000000080', '7879'],
      ...['01000100', '03'],
    ];
    expect(Buffer.from(stored).toString('hex')).toBe(expected.join(''));
  });
});

describe('what does not fit is refused with its path', () => {
  const range = 'ERR_OUT_OF_RANGE';
  const type = 'ERR_INVALID_ARG_TYPE';
  const invalid = 'ERR_INVALID_ARG_VALUE';
  const noLength = new Proxy([1], { get: (_, name) => (name === 'length' ? -1 : 0) });
  test.each<[(string | number)[], unknown, string, string]>([
    [['customer'], undefined, type, 'value.customer '],
    [['customer'], [], type, 'value.customer '],
    [['customer', 'home'], null, type, 'value.customer.home '],
    [['customer', 'home', 'lat'], '48', type, 'value.customer.home.lat '],
    [['customer', 'street'], 'x', invalid, 'value.customer: the struct has no field "street"; it has '],
    [['tags'], 'new', type, 'value.tags '],
    [['tags'], { length: 0 }, type, 'value.tags '],
    [['tags'], new Set(['a']), type, 'value.tags '],
    [['tags', 1], 5, type, 'value.tags[1] '],
    [['tags', 2], '\ud800', invalid, 'value.tags[2] '],
    [['lines', 1, 'price'], -1, range, 'value.lines[1].price '],
    [['lines', 1, 'price'], undefined, type, 'value.lines[1].price '],
    [['lines', 0, 'prize'], 1, invalid, 'value.lines[0]: the struct has no field "prize"; it has item, '],
    [['lines', 0], null, type, 'value.lines[0] '],
    [['grid', 2, 0], 32768, range, 'value.grid[2][0] '],
    [['grid', 0], noLength, range, 'value.grid[0].length '],
    [['blobs', 0], 'ff', type, 'value.blobs[0] '],
    [['sizes', 0], 1, type, 'value.sizes[0] '],
    [['gaps', 0], null, type, 'value.gaps[0] '],
    [['maybe'], null, type, 'value.maybe '],
    [['maybe', 'x'], 256, range, 'value.maybe.x '],
    [['maybes', 0], 0, type, 'value.maybes[0] '],
  ])('%j: %o', (path, value, code, words) => {
    const error = thrown(() => encode(Order, changed(path, value) as never));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
    const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    expect(error.path).toBe(name.slice(1));
  });

  test('a method that is called on what is no view says so', () => {
    const { toObject, toJSON } = decode(Order, encode(Order, order));
    for (const wrong of [undefined, null, 1, {}, Object.create(null), Order]) {
      for (const method of [toObject, toJSON]) {
        expect(thrown(() => Reflect.apply(method, wrong, [])).code).toBe(type);
      }
    }
  });

  test('and the record itself has none', () => {
    expect('path' in thrown(() => encode(Order, null as never))).toBe(false);
  });

  test('in a field whose name is no word as well', () => {
    const Odd = struct({ 'a b': t.struct({ '': t.list(t.u8) }) });
    const error = thrown(() => encode(Odd, { 'a b': { '': [300] } }));
    expect([error.message, error.path]).toEqual([expect.stringContaining('value["a b"][""][0] '), '["a b"][""][0]']);
  });

  test('types of lists and structs are checked when they are made', () => {
    for (const wrong of [undefined, null, 'u8', {}, Order]) {
      expect(thrown(() => t.list(wrong as never)).code).toBe(type);
      expect(thrown(() => t.struct({ a: wrong as never })).code).toBe(type);
    }
    expect(thrown(() => t.struct(null as never)).code).toBe(type);
    let deep: Parameters<typeof t.list>[0] = t.u8;
    for (let level = 0; level < 64; level++) deep = t.list(deep);
    expect(thrown(() => t.list(deep)).code).toBe(invalid);
    expect(thrown(() => struct({ a: t.struct({ deep }) })).code).toBe(invalid);
  });
});

describe('schemas that grow', () => {
  const Old = struct({
    lines: t.list(t.struct({ a: t.u8 })),
    one: t.struct({ b: t.u8 }),
    maybe: t.optional(t.struct({ c: t.u8 })),
  });
  const New = struct({
    lines: t.list(t.struct({ a: t.u8, list: t.list(t.u8), more: t.struct({ x: t.u8, y: t.optional(t.u8) }) })),
    one: t.struct({ b: t.u8, tags: t.list(t.utf8) }),
    maybe: t.optional(t.struct({ c: t.u8, d: t.optional(t.u8) })),
    last: t.list(t.f64),
  });

  test('also inside of lists and structs: what is missing is empty', () => {
    const stored = encode(Old, { lines: [{ a: 1 }], one: { b: 2 }, maybe: { c: 3 } });
    const view = decode(New, stored);
    expect(view.toObject()).toStrictEqual({
      lines: [{ a: 1, list: [], more: { x: 0 } }],
      one: { b: 2, tags: [] },
      maybe: { c: 3 },
      last: [],
    });
    expect([view.last.length, view.last.at(0), [...view.last]]).toEqual([0, undefined, []]);
    expect([view.lines.at(0)?.more.x, sinkOf(view.last).state]).toEqual([0, 'private']);
    expect(decode(Old, encode(New, view.toObject())).toObject()).toStrictEqual({
      lines: [{ a: 1 }],
      one: { b: 2 },
      maybe: { c: 3 },
    });
  });

  test('are compatible; what is remembered has the fields of both', () => {
    expect(Old.accept(New.description)).toStrictEqual(New.description);
    expect(New.accept(Old.description)).toStrictEqual(New.description);
    const Inner = struct({ one: t.struct({ a: t.u8, b: t.u8 }) });
    const Outer = struct({ one: t.struct({ a: t.u8 }), two: t.u8 });
    const both = struct({ one: t.struct({ a: t.u8, b: t.u8 }), two: t.u8 }).description;
    expect([Inner.accept(Outer.description), Outer.accept(Inner.description)]).toStrictEqual([both, both]);
  });

  test.each([
    [{ lines: t.list(t.struct({ a: t.u16 })) }, ["of 'lines[]'", "'a'"]],
    [{ lines: t.list(t.struct({ z: t.u8 })) }, ["of 'lines[]'", "'z'"]],
    [{ lines: t.list(t.u8) }, ["'lines'"]],
    [{ lines: t.struct({ a: t.u8 }) }, ["'lines'"]],
    [{ lines: t.list(t.struct({ a: t.u8 })), one: t.struct({ b: t.i8 }) }, ["of 'one'", "'b'"]],
    [{ lines: t.list(t.struct({ a: t.u8 })), one: t.struct({ b: t.u8 }), maybe: t.struct({ c: t.u8 }) }, ["'maybe'"]],
  ])('another type is refused by name (%#)', (fields, words) => {
    const error = thrown(() => struct(fields as unknown as { lines: typeof t.u8 }).accept(Old.description));
    expect(error.code).toBe('ERR_CODEC');
    for (const word of words) expect(error.message).toContain(word);
  });

  test('a remembered description reads the records', () => {
    const codec = rememberedValueCodec(JSON.parse(JSON.stringify(Order.description))) as typeof Order;
    expect(decode(codec, encode(Order, order)).toObject()).toStrictEqual(order);
    let deep: unknown = 'u8';
    for (let level = 0; level < 20_000; level++) deep = { list: deep };
    for (const type of [
      deep,
      { list: 'list' },
      { list: { struct: 7 } },
      { optional: { optional: 'u8' } },
      { other: 1 },
    ]) {
      expect(rememberedValueCodec({ struct: [['a', type]] })).toBe(undefined);
    }
  });
});

describe('leases', () => {
  const shared = (options?: Parameters<typeof lend>[1]) => {
    const lent = lend(encode(Order, order), options);
    return { ...lent, view: Order.view(lent.lease, lent.at) };
  };

  test('nested views and Lists are kept by their own bytes', () => {
    const { view, lease, counters } = shared();
    const { lines, customer } = view;
    const { home } = customer;
    expect(sinkOf(home).keep()).toBe(home);
    expect(sinkOf(lines).keep()).toBe(lines);
    expect(counters.bytesCopied).toBe(sinkOf(home).byteLength + sinkOf(lines).byteLength);
    lease.expire();
    expect([home.lat, lines.at(1)?.note, sinkOf(lines).state]).toEqual([48.85, 'blue', 'copied']);
    expect(thrown(() => customer.name).code).toBe('ERR_LEASE_EXPIRED');
  });

  test.each(['shared', 'copied', 'private'] as const)(
    'in a scan that is %s, what a row gave expires with it',
    (state) => {
      const { view, lease } = shared({ reaimed: true, state });
      const { lines, customer } = view;
      const iterator = lines[Symbol.iterator]();
      const kept = sinkOf(lines).keep();
      const keptHome = sinkOf(customer.home).keep();
      expect(kept).not.toBe(lines);
      lease.turn++;
      for (const read of [() => lines.length, () => lines.at(0), () => iterator.next(), () => customer.name]) {
        expect(thrown(read).code).toBe('ERR_LEASE_EXPIRED');
      }
      lease.expire();
      expect([kept.toJSON(), keptHome.lon]).toEqual([order.lines, 2.35]);
    },
  );

  test('calls refuse what is no List', () => {
    const { tags } = shared().view;
    const { at, toArray } = tags;
    for (const wrong of [{}, null, Key.of(1), Object.create(Object.getPrototypeOf(tags))]) {
      expect(() => at.call(wrong as List<string>, 0)).toThrow(TypeError);
      expect(() => toArray.call(wrong as List<string>)).toThrow(TypeError);
    }
    expect(thrown(() => tags.at('0' as never)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});

test('user code in the middle of an encoding may encode records of its own', () => {
  const tricky = {
    ...order,
    get customer() {
      encode(Order, { ...order, tags: ['x'.repeat(300_000)] });
      return {
        get name() {
          encode(Order, { ...order, tags: ['y'.repeat(700_000)] });
          return 'Zoë';
        },
        born: new Date(5),
        home: { lat: 48.85, lon: 2.35 },
      };
    },
    tags: new Proxy(order.tags, {
      get(target, name) {
        encode(Order, order);
        return Reflect.get(target, name);
      },
    }),
  };
  expect(encode(Order, tricky)).toEqual(encode(Order, order));
});

test('the error for an unknown field lists some of very many fields', () => {
  const Wide = struct(Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`f${i}`, t.optional(t.u8)])));
  expect(thrown(() => encode(Wide, { g: 1 } as never)).message).toMatch(
    /no field "g"; it has f0, f1, .*, f19 and 5 more$/,
  );
  expect(thrown(() => encode(struct({}), { g: 1 } as never)).message).toMatch(/no field "g"; it has none$/);
});
