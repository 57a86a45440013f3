import { describe, expect, test } from 'vitest';
import { bytes, json, open, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';
import { random } from '../support/sinks.ts';

function filled() {
  const env = openTemporary();
  const cities = env.collection('cities', { key: tuple, value: json });
  for (const country of ['DE', 'FR', 'IT']) {
    for (let i = 0; i < 50; i++) cities.put([country, i], { name: `${country} ${i}` });
  }
  return { env, cities };
}

describe('pages', () => {
  test('have as many entries as the limit says; only the last has no cursor', () => {
    const { cities } = filled();
    const sizes = (limit: number): number[] => {
      const found: number[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = cities.range({ prefix: ['FR'], limit, cursor }).page();
        found.push(page.items.length);
        cursor = page.cursor;
        if (cursor === undefined) return found;
      }
    };
    expect(sizes(20)).toEqual([20, 20, 10]);
    // The last entries fill a page exactly, so no page comes after it.
    expect(sizes(25)).toEqual([25, 25]);
    expect(sizes(50)).toEqual([50]);
    expect(sizes(51)).toEqual([50]);
    expect(cities.range({ prefix: ['XX'], limit: 5 }).page()).toEqual({ items: [], cursor: undefined });
    expect(cities.range({ prefix: ['FR'] }).page().items.length).toBe(50);
    expect(codeOf(() => cities.range({ limit: 0 }).page())).toBe('ERR_INVALID_ARG_VALUE');
  });

  test('go on after the last entry, whatever is stored and deleted meanwhile', () => {
    const { cities } = filled();
    const shown = (cursor: string | undefined, reverse: boolean) => {
      const page = cities.range({ prefix: ['FR'], limit: 3, reverse, cursor }).page();
      return { cursor: page.cursor, found: page.items.map(({ key }) => key.at(1)) };
    };
    const first = shown(undefined, false);
    expect(first.found).toEqual([0, 1, 2]);
    // Delete the last entry of the page, one before it, and the first one after it.
    cities.del(['FR', 2]);
    cities.del(['FR', 0]);
    cities.del(['FR', 3]);
    cities.put(['FR', 2.5], {});
    cities.put(['FR', 1], {});
    expect(shown(first.cursor, false).found).toEqual([4, 5, 6]);
    const last = shown(undefined, true);
    expect(last.found).toEqual([2.5, 49, 48]);
    cities.del(['FR', 48]);
    expect(shown(last.cursor, true).found).toEqual([47, 46, 45]);
  });

  test('go on in another process of the program, and in a copy of the database', () => {
    const path = temporaryFolder();
    const read = (cursor: string | undefined) => {
      const env = open(path, { durability: 'nosync' });
      const page = env.collection('items', { key: uint32, value: utf8 }).range({ limit: 2, cursor }).page();
      env.close();
      return page;
    };
    const env = open(path, { durability: 'nosync' });
    const items = env.collection('items', { key: uint32, value: utf8 });
    for (let i = 0; i < 4; i++) items.put(i, 'x');
    env.close();
    const { cursor } = read(undefined);
    // Programs may store a cursor, so its format must never change.
    expect(cursor).toBe('AQA853JsAAAAAYuGHPg');
    expect(read(cursor).items.map(({ key }) => key)).toEqual([2, 3]);
  });

  test('of values are those of one key, in order', () => {
    const { items } = collectionOf({ key: utf8, value: uint32, dupSort: true });
    for (let i = 0; i < 1000; i++) items.put('a', i);
    items.put('b', 1);
    const page = items.getAll('a', { gte: 100, limit: 3 }).page();
    expect(page.items).toEqual([100, 101, 102]);
    items.delValue('a', 102);
    expect(items.getAll('a', { gte: 100, limit: 2, cursor: page.cursor }).page().items).toEqual([103, 104]);
    expect(codeOf(() => items.getAll('b', { cursor: page.cursor }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(items.getAll('a').cursorAfter(102)).toBe(page.cursor);
  });

  test('of what filter() leaves are made with cursorAfter()', () => {
    const { cities } = filled();
    const even = (cursor?: string) =>
      cities
        .range({ prefix: ['IT'], cursor })
        .filter(({ key }) => (key.at(1) as number) % 2 === 0)
        .take(4)
        .toArray();
    const first = even();
    expect(first.map(({ key }) => key.at(1))).toEqual([0, 2, 4, 6]);
    const cursor = cities.range({ prefix: ['IT'] }).cursorAfter(first.at(-1) as never);
    expect(even(cursor).map(({ key }) => key.at(1))).toEqual([8, 10, 12, 14]);
    expect(cities.range().cursorAfter({ key: ['IT', 6], value: null } as never)).toBe(cursor);
    expect(codeOf(() => cities.range().cursorAfter(5 as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeOf(() => cities.range().cursorAfter({} as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

describe('a cursor', () => {
  const { env, cities } = filled();
  const cursor = cities.range({ prefix: ['FR'], limit: 20 }).page().cursor as string;

  test('is a short text for URLs, with the offset counted after it', () => {
    expect(cursor).toMatch(/^[\w-]{10,60}$/);
    const range = cities.range({ prefix: ['FR'], cursor, offset: 5, limit: 1 });
    expect(range.toArray().map(({ key }) => key.at(1))).toEqual([25]);
    expect([cities.count({ cursor }), cities.count({ prefix: ['FR'], cursor })]).toEqual([80, 30]);
  });

  test.each<[string, () => unknown, string]>([
    ['another direction', () => cities.range({ cursor, reverse: true }), 'reverse'],
    ['one entry a key', () => cities.range({ cursor, distinct: true }), 'distinct'],
    ['bounds that exclude it', () => cities.range({ prefix: ['DE'], cursor }), 'outside of the bounds'],
    ['bounds above it', () => cities.range({ gte: ['FR', 20], cursor }), 'outside of the bounds'],
    ['bounds below it', () => cities.range({ lt: ['FR', 19], cursor }), 'outside of the bounds'],
    ['another collection', () => env.collection('towns', { key: tuple, value: json }).range({ cursor }), "'towns'"],
    ['other codecs', () => cities.as({ key: bytes }).range({ cursor }), 'codecs'],
    ['a text that was cut off', () => cities.range({ cursor: cursor.slice(0, -1) }), 'damaged'],
    ['a character that is no part of it', () => cities.range({ cursor: `${cursor}=` }), 'damaged'],
    ['no text', () => cities.range({ cursor: '' }), 'damaged'],
    ['a very long text', () => cities.range({ cursor: 'A'.repeat(1e6) }), 'damaged'],
  ])('is refused by a range with %s', (_, fn, says) => {
    const error = thrown(fn);
    expect([error.code, error.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining(says)]);
  });

  test('that somebody has made up shows nothing that is outside of the bounds', () => {
    const below = random(11);
    const options = { prefix: ['FR'], gt: ['FR', 4] as [string, number], limit: 1000 };
    const allowed = cities
      .range(options)
      .toArray()
      .map(({ key }) => key.toHex());
    let taken = 0;
    for (let i = 0; i < 800; i++) {
      // A range without bounds makes cursors of any key, which an attacker who knows the format could make too.
      const key = below(2) === 0 ? ['FR', below(60)] : [['DE', 'FR', 'IT', 'F', 'FRA'][below(5)], below(60)];
      const forged = cities.range().cursorAfter({ key, value: null } as never);
      const given =
        below(4) === 0 ? Buffer.from(forged, 'base64url').fill(below(256), below(6)).toString('base64url') : forged;
      let shown: string[] = [];
      try {
        shown = cities
          .range({ ...options, cursor: given })
          .toArray()
          .map(({ key: found }) => found.toHex());
        taken++;
      } catch (error) {
        expect((error as { code: string }).code).toBe('ERR_INVALID_ARG_VALUE');
      }
      // A range with a cursor gives the last entries of the same range without a cursor, and no others.
      expect(allowed.slice(allowed.length - shown.length)).toEqual(shown);
    }
    expect(taken).toBeGreaterThan(100);
  });
});
