import { describe, expect, it } from 'vitest';
import { exportRecords, importRecords, json, msgpack, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { failure, newPath, textOf } from './files.ts';

const Order = struct({
  id: t.u32,
  tags: t.list(t.utf8),
  longs: t.list(t.i64),
  maybe: t.list(t.optional(t.f64)),
  lines: t.list(
    t.struct({ item: t.utf8, price: t.f32, notes: t.list(t.list(t.utf8)), raw: t.optional(t.bytes), on: t.bool }),
  ),
  place: t.struct({ lat: t.f64, when: t.optional(t.date), deep: t.struct({ deeper: t.optional(t.list(t.u8)) }) }),
  other: t.optional(t.struct({ n: t.u64 })),
});

const orders = [
  {
    id: 1,
    tags: ['a', '', 'käse "\n\u2028', '😀'],
    longs: [-(2n ** 63n), 0n, 2n ** 53n + 1n],
    maybe: [1.5, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY],
    lines: [
      { item: 'x', price: 0.5, notes: [[], ['a', 'b'], ['']], raw: Uint8Array.of(0, 255), on: true },
      { item: '', price: -0, notes: [], on: false },
    ],
    place: { lat: 1e-300, when: new Date('2024-02-29T12:34:56.789Z'), deep: { deeper: [0, 255] } },
    other: { n: 2n ** 64n - 1n },
  },
  { id: 2, tags: [], longs: [], maybe: [], lines: [], place: { lat: -1, deep: {} } },
  { id: 3, tags: ['one'], longs: [7n], maybe: [undefined], lines: [], place: { lat: 0, deep: { deeper: [] } } },
];

const values: [key: number, value: unknown][] = [
  [1, { a: [1, [2, { b: null }]], text: 'käse "\n😀', yes: true, n: -0.5, big: 2 ** 53 - 1 }],
  [2, ['list', [], {}]],
  [3, 'text'],
  [4, null],
  [5, 1e-7],
  [6, {}],
];

type AnyRange = Parameters<typeof exportRecords>[0];

/** Exports, imports the file, and exports again. */
async function roundTrip(make: () => { items: unknown }, fill: (items: never) => void, name: string, key?: string) {
  const { items } = make() as { items: { range(): AnyRange } };
  fill(items as never);
  const one = newPath(name);
  const { rows } = await exportRecords(items.range(), one);
  const { items: other } = make() as { items: { range(): AnyRange } };
  const options = key === undefined || name.startsWith('out.dump') ? {} : { key };
  expect(await importRecords(other as never, one, options)).toMatchObject({ rows, rejected: 0 });
  const two = newPath(name);
  await exportRecords(other.range(), two);
  return { one: textOf(one), two: textOf(two), items, other, rows };
}

describe.each(['out.ndjson', 'out.json', 'out.csv', 'out.tsv', 'out.dump'])('%s', (name) => {
  it('keeps lists and structs in structs through export, import, export', async () => {
    const make = () => collectionOf({ key: tuple, value: Order });
    const fill = (items: ReturnType<typeof make>['items']): void => {
      for (const order of orders) items.put([order.id], order);
    };
    const { one, two, items, other } = await roundTrip(make, fill, name, 'id');
    expect(two).toBe(one);
    const read = (from: unknown) =>
      (from as ReturnType<typeof make>['items'])
        .range()
        .values()
        .map((value) => value.toObject())
        .toArray();
    expect(read(other)).toEqual(read(items));
    expect(read(other)[0]).toMatchObject({ tags: orders[0]?.tags, other: orders[0]?.other });
  });

  // Not CSV: without a struct's types, an import cannot tell numbers from texts.
  it.runIf(/json|dump/.test(name)).each([
    ['json', json],
    ['msgpack', msgpack],
  ])('keeps values of %s', async (_, codec) => {
    const make = () => collectionOf({ key: uint32, value: codec as typeof json });
    const fill = (items: ReturnType<typeof make>['items']): void => {
      for (const [key, value] of values) items.put(key, value);
    };
    const { one, two, items, other, rows } = await roundTrip(make, fill, name);
    expect([two, rows]).toEqual([one, values.length]);
    // A dump of msgpack values can be decoded only with the structures of the database that it came from.
    if (name === 'out.dump' && codec === (msgpack as unknown)) return;
    const read = (from: unknown) =>
      (from as ReturnType<typeof make>['items'])
        .range()
        .map(({ key, value }) => [key, value])
        .toArray();
    expect(read(other)).toEqual(read(items));
  });

  it.runIf(/json|dump/.test(name)).each([
    ['json', json],
    ['msgpack', msgpack],
  ])('keeps values of %s that are no objects, beside their keys', async (_, codec) => {
    const make = () => collectionOf({ key: tuple, value: codec as typeof json });
    const fill = (items: ReturnType<typeof make>['items']): void => {
      for (const [key, value] of values) {
        if (Array.isArray(value) || typeof value !== 'object' || value === null) items.put(['k', key], value);
      }
    };
    const { one, two, rows } = await roundTrip(make, fill, name);
    expect([two, rows]).toEqual([one, 4]);
  });
});

describe('msgpack', () => {
  const odd = { when: new Date(0), big: 2n ** 70n, map: new Map([['a', 1]]), half: Number.NaN };

  it('goes whole through a dump into a collection that has its structures', async () => {
    const { env, items } = collectionOf({ key: utf8, value: msgpack });
    items.put('a', odd);
    items.put('b', { when: 1, big: 2 });
    const file = newPath('out.dump');
    await exportRecords(items.range(), file);
    items.clear();
    expect(await importRecords(items, file)).toMatchObject({ rows: 2 });
    expect(items.get('a')).toEqual(odd);
    expect(items.get('b')).toEqual({ when: 1, big: 2 });
    const again = newPath('out.dump');
    await exportRecords(items.range(), again);
    expect(textOf(again)).toBe(textOf(file));
    expect(env.counters().snapshots).toBe(0);
  });

  it.each(Object.entries(odd))('is refused in NDJSON where JSON would lose it: %s', async (name, value) => {
    const { items } = collectionOf({ key: utf8, value: msgpack });
    items.put('a', { [name]: value });
    const error = await failure(exportRecords(items.range(), newPath('out.ndjson')));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(error.message).toContain(`the record of the key "a": value.${name}`);
  });
});
