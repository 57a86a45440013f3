import { expectTypeOf, test } from 'vitest';
import {
  type Entry,
  json,
  jsonOf,
  type Key,
  msgpackOf,
  open,
  type Page,
  type SeekableIterator,
  tupleOf,
  uint32,
  utf8,
} from '../../lib/index.ts';

const env = open('never run');
const places = env.collection('places', { key: tupleOf<[country: string, id: number]>(), value: utf8 });
const index = env.collection('index', { key: utf8, value: uint32, dupSort: true });
type PlaceKey = Key<readonly [country: string, id: number]>;

test('a page has entries, and a cursor if there is a next page', () => {
  const page = places.range({ prefix: ['FR'], limit: 10 }).page();
  expectTypeOf(page).toEqualTypeOf<Page<Entry<PlaceKey, string>>>();
  expectTypeOf(page.cursor).toEqualTypeOf<string | undefined>();
  expectTypeOf(page.items[0]?.key.at(1)).toEqualTypeOf<number | undefined>();
  expectTypeOf(index.getAll('a', { gte: 5, limit: 10 }).page()).toEqualTypeOf<Page<number>>();
  // @ts-expect-error the parts of a range have no pages
  places.range().keys().page();
  // @ts-expect-error nor does what filter() gives
  places.range().filter(Boolean).page();
});

test('a cursor is a text', () => {
  const { cursor } = places.range({ limit: 10 }).page();
  if (cursor !== undefined) {
    places.range({ cursor });
    index.getAll('a', { cursor });
  }
  // @ts-expect-error
  places.range({ cursor: 7 });
  // @ts-expect-error
  places.range({ cursor: null });
  // @ts-expect-error entries are not deleted page by page
  places.clear({ cursor: 'x' });
});

test('a cursor is made of an entry, or of something with its key and value', () => {
  const range = places.range();
  const [entry] = range.toArray();
  if (entry !== undefined) expectTypeOf(range.cursorAfter(entry)).toEqualTypeOf<string>();
  for (const { key, value } of range) range.cursorAfter({ key, value });
  expectTypeOf(index.getAll('a').cursorAfter(7)).toEqualTypeOf<string>();
  // @ts-expect-error the entry may be absent
  range.cursorAfter(range.toArray().at(-1));
  // @ts-expect-error a key alone
  range.cursorAfter(['FR', 1]);
});

test('iterators seek keys, and those of the values of one key seek values', () => {
  const keys = places.range().keys()[Symbol.iterator]();
  expectTypeOf(keys.next().value).toEqualTypeOf<PlaceKey | undefined>();
  keys.seek(['FR', 7]).next();
  keys.seek(['FR']);
  const entries = places.range()[Symbol.iterator]();
  expectTypeOf(entries).toExtend<SeekableIterator<Entry<PlaceKey, string>, readonly [string, number] | PlaceKey>>();
  entries.seek(['FR', 7]);
  for (const { key } of places.range()) {
    entries.seek(key);
    entries.seek(key.prefixEnd());
  }
  places.range().values()[Symbol.iterator]().seek(['FR', 7]);
  index.getAll('a')[Symbol.iterator]().seek(7);
  // @ts-expect-error a key of another type
  keys.seek('FR');
  // @ts-expect-error an iterator of values of one key does not seek keys
  index.getAll('a')[Symbol.iterator]().seek('a');
  // @ts-expect-error what filter() gives cannot be moved
  places.range().filter(Boolean)[Symbol.iterator]().seek(['FR', 7]);
});

test('jsonOf() and msgpackOf() give values a type', () => {
  interface User {
    name: string;
    visits: number;
  }
  const users = env.collection('users', { key: utf8, value: jsonOf<User>(), versions: true, share: true });
  expectTypeOf(users.get('ann')).toEqualTypeOf<User | undefined>();
  expectTypeOf(
    users.update('ann', (draft = { name: 'Ann', visits: 0 }) => {
      draft.visits++;
      return draft;
    }),
  ).toEqualTypeOf<User>();
  const packed = env.collection('packed', { key: utf8, value: msgpackOf<Map<string, Date>>() });
  expectTypeOf(packed.get('a')?.get('b')).toEqualTypeOf<Date | undefined>();
  // @ts-expect-error a field is missing
  users.put('ann', { name: 'Ann' });
  // @ts-expect-error
  packed.put('a', new Map([['b', 5]]));
  expectTypeOf(env.collection('any', { key: utf8, value: json }).put)
    .parameter(1)
    .toEqualTypeOf<unknown>();
});
