import { describe, expect, test } from 'vitest';
import {
  bytes,
  type CollectionOptions,
  type CustomCodec,
  json,
  type Key,
  struct,
  t,
  tuple,
  uint32,
  utf8,
  type Value,
} from '../../lib/index.ts';
import { codeOf, openAt, openTemporary, thrown } from '../support/fixture.ts';

const first = { id: t.u32, name: t.utf8, note: t.optional(t.bytes) };
type AnyOptions = CollectionOptions<never, never, unknown, unknown>;

/** A database with one collection of those codecs and one entry in it, closed. */
function stored(options: object, key: unknown, value: unknown): string {
  const env = openTemporary();
  env.collection('items', options as AnyOptions).put(key as never, value as never);
  env.close();
  return env.path;
}

describe('codecs are remembered', () => {
  test.each<[string, object, unknown, unknown]>([
    ['tuple and json', { key: tuple, value: json }, ['a', 1], { x: [1] }],
    ['utf8 and utf8', { key: utf8, value: utf8 }, 'k', 'v'],
    ['uint32 and json', { key: uint32, value: json }, 7, null],
  ])('%s', (_, options, key, value) => {
    const path = stored(options, key, value);
    const items = openAt(path).collection('items');
    expect(items.get(key)).toEqual(value);
  });

  test('bytes and a struct', () => {
    const path = stored({ key: bytes, value: struct(first) }, Buffer.from('k'), { id: 7, name: 'seven' });
    const items = openAt(path).collection('items');
    const view = items.get(Buffer.from('k')) as { id: number; name: string; note?: Value; toObject(): object };
    expect([view.id, view.name, view.note, view.toObject()]).toEqual([7, 'seven', undefined, { id: 7, name: 'seven' }]);
    items.put(Buffer.from('l'), { id: 8, name: 'eight', note: Buffer.of(1) });
    expect((items.get(Buffer.from('l')) as typeof view).note?.toBuffer()).toEqual(Buffer.of(1));
  });

  test('also those of a collection whose creation another handle sees', () => {
    const env = openTemporary();
    env.collection('items', { key: uint32, value: json }).put(1, [1]);
    expect(openAt(env.path).collection('items').get(1)).toEqual([1]);
  });

  test('and forgotten with drop()', () => {
    const path = stored({ key: utf8, value: utf8 }, 'k', 'v');
    const env = openAt(path);
    env.collection('items').drop();
    env.close();
    const items = openAt(path).collection('items', { key: uint32, value: json });
    items.put(1, 2);
    expect(items.get(1)).toBe(2);
  });

  test('and not forgotten with a drop() that was undone', () => {
    const path = stored({ key: utf8, value: utf8 }, 'k', 'v');
    const env = openAt(path);
    const items = env.collection('items');
    codeOf(() =>
      env.write(() => {
        items.drop();
        throw new Error('undo');
      }),
    );
    env.close();
    const again = openAt(path);
    expect(codeOf(() => again.collection('items', { key: uint32 }))).toBe('ERR_CODEC');
    expect(again.collection('items').get('k')).toBe('v');
  });
});

describe('other codecs than the remembered ones are ERR_CODEC', () => {
  test.each<[string, object, string]>([
    ['another key codec', { key: uint32 }, 'the keys are utf8 in the database and uint32 here'],
    ['another value codec', { value: json }, 'the values are utf8 in the database and json here'],
    [
      'a struct for what is none',
      { value: struct({ id: t.u32, tags: t.list(t.optional(t.utf8)) }) },
      'the values are utf8 in the database and struct { id: u32, tags: list<optional<utf8>> } here',
    ],
    [
      'a codec of the program’s own',
      { value: { name: 'own', encode: () => new Uint8Array(0), decode: () => 0 } },
      "the values are utf8 in the database and the program's own codec 'own' here",
    ],
  ])('%s', (_, options, difference) => {
    const path = stored({ key: utf8, value: utf8 }, 'k', 'v');
    const env = openAt(path);
    const error = thrown(() => env.collection('items', options as AnyOptions));
    expect([error.code, error.message]).toEqual(['ERR_CODEC', `the collection 'items': ${difference}`]);
    expect(env.collection('items').get('k')).toBe('v');
  });

  test('of the program’s own must be given again', () => {
    const twice: CustomCodec<number, number> = {
      name: 'twice',
      encode: (value) => Uint8Array.of(value * 2),
      decode: (data) => (data[0] as number) / 2,
    };
    const path = stored({ key: utf8, value: twice }, 'k', 21);
    const env = openAt(path);
    const error = thrown(() => env.collection('items'));
    expect([error.code, error.message.includes('twice')]).toEqual(['ERR_CODEC', true]);
    expect(env.collection('items', { key: utf8, value: twice }).get('k')).toBe(21);
  });
});

describe('a struct that has grown', () => {
  const grown = { ...first, size: t.f64, tags: t.optional(t.utf8), big: t.u64, raw: t.bytes };

  test('reads earlier records with the new fields empty, and writes new ones', () => {
    const path = stored({ key: utf8, value: struct(first) }, 'k', { id: 1, name: 'one', note: Buffer.of(9) });
    const env = openAt(path);
    const items = env.collection('items', { key: utf8, value: struct(grown) });
    const old = items.get('k');
    expect([old?.id, old?.name, old?.note?.toBuffer(), old?.size, old?.tags, old?.big, old?.raw.byteLength]).toEqual([
      1,
      'one',
      Buffer.of(9),
      0,
      undefined,
      0n,
      0,
    ]);
    items.put('l', { id: 2, name: 'two', size: 2.5, big: 2n ** 60n, raw: Buffer.of(7) });
    expect([items.get('l')?.size, items.get('l')?.big]).toEqual([2.5, 2n ** 60n]);
    env.close();
    // A program that opens the collection with its first schema reads all records, the new ones too.
    const before = openAt(path).collection('items', { key: utf8, value: struct(first) });
    expect([before.get('k')?.name, before.get('l')?.name]).toEqual(['one', 'two']);
  });

  test('is remembered as it has become, for those that name no codec', () => {
    const path = stored({ key: utf8, value: struct(first) }, 'k', { id: 1, name: 'one' });
    const env = openAt(path);
    env.collection('items', { key: utf8, value: struct(grown) }).put('l', {
      id: 2,
      name: 'two',
      size: 2.5,
      big: 3n,
      raw: Buffer.of(7),
    });
    env.close();
    const view = openAt(path).collection('items').get('l') as { size?: number };
    expect(view.size).toBe(2.5);
  });

  test('in one way is not accepted when it has grown in another', () => {
    const path = stored({ key: utf8, value: struct(first) }, 'k', { id: 1, name: 'one' });
    const env = openAt(path);
    env
      .collection('items', { key: utf8, value: struct({ ...first, size: t.f64 }) })
      .put('l', { id: 2, name: 'two', size: 2.5 });
    env.close();
    const again = openAt(path);
    const error = thrown(() => again.collection('items', { key: utf8, value: struct({ ...first, tags: t.utf8 }) }));
    expect([error.code, error.message.includes("'tags'")]).toEqual(['ERR_CODEC', true]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a field of another type',
      { id: t.u64, name: t.utf8, note: t.optional(t.bytes) },
      "the field 'id' (field 1) is u32 in the database and u64 here",
    ],
    [
      'a field of another name',
      { id: t.u32, title: t.utf8, note: t.optional(t.bytes) },
      "field 2 is 'name' (utf8) in the database and 'title' (utf8) here: add fields only at the end",
    ],
    [
      'a field in another place',
      { name: t.utf8, id: t.u32, note: t.optional(t.bytes) },
      "field 1 is 'id' (u32) in the database and 'name' (utf8) here: add fields only at the end",
    ],
    [
      'a field that is no longer optional',
      { id: t.u32, name: t.utf8, note: t.bytes },
      "the field 'note' (field 3) is optional<bytes> in the database and bytes here",
    ],
    [
      'a field before the end',
      { id: t.u32, added: t.u8, name: t.utf8, note: t.optional(t.bytes) },
      "field 2 is 'name' (utf8) in the database and 'added' (u8) here: add fields only at the end",
    ],
  ])('with %s is refused, and the field named', (_, fields, difference) => {
    const path = stored({ key: utf8, value: struct(first) }, 'k', { id: 1, name: 'one' });
    const env = openAt(path);
    const error = thrown(() => env.collection('items', { key: utf8, value: struct(fields as typeof first) }));
    expect([error.code, error.message]).toEqual(['ERR_CODEC', `the collection 'items': ${difference}`]);
    // Nothing was changed by the attempt.
    const items = env.collection('items', { key: utf8, value: struct(first) });
    expect(items.get('k')?.name).toBe('one');
  });
});

test('the difference inside of a nested struct is told with its path', () => {
  const order = (price: typeof t.f32) =>
    struct({ id: t.u32, at: t.struct({ lines: t.list(t.struct({ name: t.utf8, price })) }) });
  const path = stored({ key: utf8, value: order(t.f64) }, 'k', { id: 1, at: { lines: [] } });
  const open = (value: object) => thrown(() => openAt(path).collection('items', { value } as AnyOptions)).message;
  expect(open(order(t.f32))).toBe(
    "the collection 'items': the field 'price' (field 2 of 'at.lines[]') is f64 in the database and f32 here",
  );
  expect(open(struct({ id: t.u32, at: t.u8 }))).toBe(
    "the collection 'items': the field 'at' (field 2) is struct { lines: list<struct { name: utf8, price: f64 }> } in the " +
      'database and u8 here',
  );
});

test('what is remembered of a struct and is no pair of name and type is ERR_CODEC', () => {
  for (const pair of [null, 7, 'id', {}]) {
    const { message, code } = thrown(() => struct(first).accept({ struct: [pair] }));
    expect([code, message]).toEqual(['ERR_CODEC', expect.stringContaining("and 'id' (u32) here")]);
  }
});

describe('what another tool stored and a codec cannot read', () => {
  type Part = { key: unknown; value: unknown };
  test.each<[string, object, (entry: Part) => unknown]>([
    ['utf8 key', { key: utf8, value: bytes }, ({ key }) => key],
    ['utf8 value', { key: bytes, value: utf8 }, ({ value }) => value],
    ['json value', { key: bytes, value: json }, ({ value }) => value],
    ['uint32 key', { key: uint32, value: bytes }, ({ key }) => key],
    ['tuple key', { key: tuple, value: bytes }, ({ key }) => (key as Key).at(0)],
    ['struct value', { key: bytes, value: struct(first) }, ({ value }) => (value as { name: string }).name],
  ])('as a %s is ERR_CODEC where it is asked for, and no sooner', (_, options, read) => {
    const env = openTemporary();
    env.main.put(Buffer.from([0xc3, 0x28]), Buffer.from([0xc3, 0x28]));
    env.close();
    const items = openAt(env.path).collection(null, options as AnyOptions);
    const [entry] = items.range().toArray();
    expect(codeOf(() => read(entry as Part))).toBe('ERR_CODEC');
    expect(codeOf(() => items.scan({}, (scanned) => void read(scanned)))).toBe('ERR_CODEC');
    expect(items.count()).toBe(1);
  });
});
