import { describe, expectTypeOf, test } from 'vitest';
import {
  bytes,
  type Collection,
  type Environment,
  type Infer,
  Key,
  type List,
  type OpenOptions,
  type Readable,
  type Sink,
  struct,
  t,
  tuple,
  tupleOf,
  uint32,
  utf8,
  type Value,
  type WriteOptions,
} from '../../lib/index.ts';

declare const env: Environment;

const Order = struct({
  id: t.u32,
  name: t.utf8,
  big: t.u64,
  at: t.date,
  raw: t.bytes,
  note: t.optional(t.utf8),
  tags: t.list(t.utf8),
  scores: t.list(t.f64),
  gaps: t.list(t.optional(t.u8)),
  lines: t.list(t.struct({ item: t.utf8, price: t.u32, note: t.optional(t.utf8) })),
  home: t.struct({ lat: t.f64, lon: t.f64 }),
  maybe: t.optional(t.struct({ x: t.u8 })),
});
const orders = env.collection('orders', { key: tupleOf<[country: string, id: number]>(), value: Order });
const whole: Infer<typeof Order> = {
  ...{
    id: 1,
    name: 'x',
    big: 1n,
    at: new Date(),
    raw: new Uint8Array(1),
    tags: ['a'],
    scores: [1.5],
    gaps: [1, undefined],
  },
  ...{ lines: [{ item: 'pen', price: 3 }], home: { lat: 1, lon: 2 } },
};

describe('Infer', () => {
  test('is what toObject gives', () => {
    expectTypeOf<Infer<typeof Order>>().toEqualTypeOf<{
      id: number;
      name: string;
      big: bigint;
      at: Date;
      raw: Uint8Array;
      note?: string | undefined;
      tags: string[];
      scores: number[];
      gaps: (number | undefined)[];
      lines: { item: string; price: number; note?: string | undefined }[];
      home: { lat: number; lon: number };
      maybe?: { x: number } | undefined;
    }>();
    const Line = t.struct({ item: t.utf8 });
    expectTypeOf<Infer<typeof Line>>().toEqualTypeOf<{ item: string }>();
  });
});

describe('a view', () => {
  const view = orders.get(['FR', 1]);
  if (view === undefined) throw new Error();

  test('has the fields of the struct', () => {
    expectTypeOf(orders.get(['FR', 1])).toEqualTypeOf<typeof view | undefined>();
    expectTypeOf(view.id).toEqualTypeOf<number>();
    expectTypeOf(view.big).toEqualTypeOf<bigint>();
    expectTypeOf(view.raw).toEqualTypeOf<Value>();
    expectTypeOf(view.note).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.tags).toEqualTypeOf<List<string>>();
    expectTypeOf(view.tags.at(0)).toEqualTypeOf<string | undefined>();
    expectTypeOf([...view.gaps]).toEqualTypeOf<(number | undefined)[]>();
    expectTypeOf(view.lines.at(0)?.price).toEqualTypeOf<number | undefined>();
    expectTypeOf(view.home.lat).toEqualTypeOf<number>();
    expectTypeOf(view.maybe?.x).toEqualTypeOf<number | undefined>();
    expectTypeOf(view.toObject()).toEqualTypeOf<Infer<typeof Order>>();
    // @ts-expect-error no such field
    view.nmae;
    // @ts-expect-error no such field of an element
    view.lines.at(0)?.prize;
    // @ts-expect-error no such field of a nested struct
    view.home.latitude;
  });

  test('is read-only', () => {
    // @ts-expect-error a field
    view.id = 2;
    // @ts-expect-error a nested field
    view.home.lat = 2;
    // @ts-expect-error a field of an element
    for (const line of view.lines) line.price = 2;
    // @ts-expect-error an element
    view.tags[0] = 'b';
    // @ts-expect-error no mutating calls
    view.tags.push('b');
  });

  test('a field wins over a method of its name', () => {
    const Odd = struct({ toObject: t.u8, toJSON: t.utf8 });
    const odd = env.collection('odd', { value: Odd }).get(new Uint8Array(1));
    expectTypeOf(odd?.toObject).toEqualTypeOf<number | undefined>();
    expectTypeOf(odd?.toJSON).toEqualTypeOf<string | undefined>();
  });
});

describe('update', () => {
  test('shows a plain object, of a struct, and gives what fn gave', () => {
    expectTypeOf(orders.update(['FR', 1], (order) => ({ ...whole, ...order, id: 2 }))).toExtend<Infer<typeof Order>>();
    orders.update(['FR', 1], (order) => {
      expectTypeOf(order).toEqualTypeOf<Infer<typeof Order> | undefined>();
      return whole;
    });
    const counts = env.collection('counts', { key: utf8, value: uint32 });
    expectTypeOf(counts.update('a', (count = 0) => count + 1)).toEqualTypeOf<number>();
    // @ts-expect-error a value that cannot be stored
    counts.update('a', () => 'x');
    // @ts-expect-error the key may be absent
    counts.update('a', (count) => count + 1);
  });
});

describe('what is written', () => {
  test('may be plain, or what was read', () => {
    orders.put(['FR', 1], whole);
    const view = orders.get(['FR', 1]);
    if (view === undefined) throw new Error();
    orders.put(['FR', 2], view);
    orders.put(['FR', 3], { ...whole, lines: view.lines, home: view.home, raw: view.raw, scores: Float32Array.of(1) });
    orders.put(Key.of('FR', 4), whole);
  });

  test('has all the fields, and of their types', () => {
    const { name: _, ...nameless } = whole;
    // @ts-expect-error a field is missing
    orders.put(['FR', 1], nameless);
    // @ts-expect-error a field of another type
    orders.put(['FR', 1], { ...whole, id: '1' });
    // @ts-expect-error a 64-bit integer is a bigint
    orders.put(['FR', 1], { ...whole, big: 1 });
    // @ts-expect-error an element of another type
    orders.put(['FR', 1], { ...whole, tags: [1] });
    // @ts-expect-error texts do not come in typed arrays
    orders.put(['FR', 1], { ...whole, tags: Float64Array.of(1) });
    // @ts-expect-error a text is no list of texts
    orders.put(['FR', 1], { ...whole, tags: 'abc' });
    // @ts-expect-error a field of an element is missing
    orders.put(['FR', 1], { ...whole, lines: [{ item: 'pen' }] });
    // @ts-expect-error a field that does not exist
    orders.put(['FR', 1], { ...whole, home: { lat: 1, lon: 2, alt: 3 } });
    // @ts-expect-error null is not undefined
    orders.put(['FR', 1], { ...whole, note: null });
  });

  test('types of fields are those that t makes', () => {
    // @ts-expect-error a name is not a type
    struct({ a: 'u8' });
    // @ts-expect-error a codec is not a type
    t.list(utf8);
    // @ts-expect-error an optional of an optional
    t.optional(t.optional(t.u8));
  });
});

describe('keys', () => {
  test('have the elements of the tuple', () => {
    for (const { key } of orders.range({ prefix: ['FR'] })) {
      expectTypeOf(key.at(0)).toEqualTypeOf<string>();
      expectTypeOf(key.at(1)).toEqualTypeOf<number>();
    }
    // @ts-expect-error an element of another type
    orders.get(['FR', '1']);
    // @ts-expect-error an element too few
    orders.get(['FR']);
    // @ts-expect-error an element too many
    orders.del(['FR', 1, 2]);
  });

  test('may be cut short in bounds', () => {
    orders.range({ gte: ['FR'], lt: ['FR', 10] });
    orders.count({ prefix: [] });
    orders.range({ prefix: Key.of('FR') });
    env.collection('any', { key: tuple }).range({ gt: ['a', 1, null], lte: Key.of('b') });
    // @ts-expect-error an element of another type
    orders.range({ prefix: [1] });
    // @ts-expect-error a bound of another codec
    env.collection('numbers', { key: uint32 }).range({ gte: '1' });
  });
});

describe('options', () => {
  test('that are misspelled, or of another type, are refused', () => {
    // @ts-expect-error misspelled
    orders.range({ revers: true });
    // @ts-expect-error a text is no number
    orders.range({ limit: '10' });
    // @ts-expect-error no such policy
    orders.range({ onEnd: 'keep' });
    // @ts-expect-error misspelled
    env.collection('x', { keys: tuple });
    // @ts-expect-error no codec
    env.collection('x', { key: 'utf8' });
    // @ts-expect-error misspelled
    env.read({ onend: 'copy' });
  });
});

test('type parameters of a collection: what is taken, then what is given', () => {
  const texts = env.collection('texts', { key: utf8, value: bytes });
  expectTypeOf(texts).toEqualTypeOf<Collection<string, Uint8Array | Sink, string, Value>>();
  const typed = env.collection<string, Uint8Array | Sink, string, Value>('texts', { key: utf8, value: bytes });
  expectTypeOf(typed).toEqualTypeOf(texts);
});

describe('lockTimeout', () => {
  test('is a number of milliseconds, of an environment and of calls', () => {
    expectTypeOf<OpenOptions['lockTimeout']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<WriteOptions>().toEqualTypeOf<{ lockTimeout?: number }>();
    expectTypeOf(env.write(() => 7, { lockTimeout: 5 })).toEqualTypeOf<number>();
    expectTypeOf(env.collection('orders', { key: utf8, value: utf8, lockTimeout: 5 })).toEqualTypeOf<
      Collection<string, string>
    >();
    // @ts-expect-error: not a number
    env.write(() => 7, { lockTimeout: '5' });
    // @ts-expect-error: no such option
    env.write(() => 7, { timeout: 5 });
  });
});

describe('in(txn)', () => {
  test('reads with a read transaction, and writes with a write transaction', () => {
    const counts = env.collection('counts', { key: utf8, value: uint32 });
    env.read((txn) => {
      const view = counts.in(txn);
      expectTypeOf(view.get('a')).toEqualTypeOf<number | undefined>();
      expectTypeOf(view).toExtend<Readable<string, number>>();
      expectTypeOf(orders.in(txn).range()).toEqualTypeOf(orders.range());
      // @ts-expect-error nothing is written in a read transaction
      view.put('a', 1);
      // @ts-expect-error a key of another type
      view.get(1);
    });
    env.write((txn) => {
      const view = counts.in(txn);
      expectTypeOf(view).toExtend<Readable<string, number>>();
      expectTypeOf(view.put('a', 1)).toEqualTypeOf<void>();
      expectTypeOf(view.update('a', (count = 0) => count + 1)).toEqualTypeOf<number>();
      // @ts-expect-error a value of another type
      view.put('a', 'x');
    });
    // @ts-expect-error not a transaction
    counts.in(env);
  });

  test('a function that only reads takes a Readable', () => {
    const total = (readable: Readable<string, number>): number =>
      readable
        .range()
        .map(({ value }) => value)
        .toArray().length;
    const counts = env.collection('counts', { key: utf8, value: uint32 });
    total(counts);
    env.read((txn) => total(counts.in(txn)));
    env.write((txn) => total(counts.in(txn)));
    // @ts-expect-error a collection with keys of another type
    total(env.collection('numbers', { key: uint32, value: uint32 }));
  });
});

describe('as()', () => {
  test('has the types of the other codecs, and of its own where none are given', () => {
    const raw = orders.as({ value: bytes });
    expectTypeOf(raw.get(['FR', 1])).toEqualTypeOf<Value | undefined>();
    const byBytes = orders.as({ key: bytes });
    expectTypeOf(byBytes.range().keys().toArray()).toEqualTypeOf<Value[]>();
    expectTypeOf(byBytes.get(new Uint8Array(1))).toEqualTypeOf(orders.get(['FR', 1]));
    expectTypeOf(orders.as({ value: struct({ id: t.u32 }) }).get(['FR', 1])?.id).toEqualTypeOf<number | undefined>();
    expectTypeOf(orders.as({ key: utf8, value: utf8 })).toExtend<Readable<string, string>>();
    env.read((txn) => expectTypeOf(raw.in(txn).get(['FR', 1])).toEqualTypeOf<Value | undefined>());
    // @ts-expect-error a collection with other codecs is read-only
    raw.put(['FR', 1], new Uint8Array(1));
    // @ts-expect-error a key of another type
    byBytes.get(['FR', 1]);
  });
});
