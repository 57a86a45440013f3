import { describe, expect, test } from 'vitest';
import { bytes, json, uint32, utf8 } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { codeOf, collectionOf, openAt } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };

function world() {
  const { env, items } = collectionOf(strings);
  const other = env.collection('other', strings);
  env.write(() => {
    items.put('a', '1');
    other.put('o', 'stays');
  });
  return { env, items, other };
}

describe('drop()', () => {
  test('removes a collection: it reads as empty, and is no longer listed', () => {
    const { env, items, other } = world();
    items.drop();
    expect(env.collections()).toEqual(['other']);
    expect([items.get('a'), items.has('a'), items.count(), items.range().toArray()]).toEqual([undefined, false, 0, []]);
    expect(items.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(items.stat().entries).toBe(0);
    items.scan({}, () => expect.unreachable());
    expect(other.get('o')).toBe('stays');
    for (const write of [
      () => items.put('a', '2'),
      () => items.putNew('a', '2'),
      () => items.del('a'),
      () => items.clear(),
      () => items.drop(),
    ]) {
      expect(codeOf(write)).toBe('ERR_NO_COLLECTION');
    }
    expect(codeOf(() => env.collection('items', { create: false }))).toBe('ERR_NO_COLLECTION');
  });

  test('lets it be made again, with other codecs; the object of before is refused', () => {
    const { env, items } = world();
    items.drop();
    const again = env.collection('items', { key: uint32, value: json });
    again.put(7, { seven: 7 });
    expect(again).not.toBe(items);
    expect([again.get(7), again.count(), env.collections()]).toEqual([{ seven: 7 }, 1, ['items', 'other']]);
    for (const use of [
      () => items.get('a'),
      () => items.put('a', '1'),
      () => items.range().toArray(),
      () => items.count(),
    ]) {
      expect(codeOf(use)).toBe('ERR_NO_COLLECTION');
    }
    expect(env.collection('items')).toBe(again);
    const { path } = env;
    env.close();
    expect(
      openAt(path)
        .collection('items')
        .get(7 as never),
    ).toEqual({ seven: 7 });
  });

  test('can be done again and again', () => {
    const { env } = world();
    for (let i = 0; i < 300; i++) {
      const made = env.collection('again', { key: utf8, value: utf8 });
      made.put('n', String(i));
      expect(made.get('n')).toBe(String(i));
      made.drop();
    }
    expect(env.collections()).toEqual(['items', 'other']);
  });

  test('is undone with its transaction', () => {
    const { env, items } = world();
    expect(() =>
      env.write(() => {
        items.put('b', '2');
        items.drop();
        expect([items.get('a'), items.count(), items.range().toArray()]).toEqual([undefined, 0, []]);
        expect(codeOf(() => items.put('c', '3'))).toBe('ERR_NO_COLLECTION');
        throw new Error('undo');
      }),
    ).toThrow('undo');
    expect([items.get('a'), items.has('b'), env.collections()]).toEqual(['1', false, ['items', 'other']]);
    items.put('c', '3');
    expect(items.count()).toBe(2);
    expect(env.collection('items', strings)).toBe(items);
  });

  test('in a child is undone with the child, or with the parent', () => {
    const { env, items } = world();
    env.write(() => {
      expect(() =>
        env.write(() => {
          items.drop();
          throw new Error('undo');
        }),
      ).toThrow('undo');
      items.put('b', '2');
      expect(items.count()).toBe(2);
    });
    expect(() =>
      env.write(() => {
        env.write(() => items.drop());
        expect(items.count()).toBe(0);
        throw new Error('undo');
      }),
    ).toThrow('undo');
    expect(items.range().keys().toArray()).toEqual(['a', 'b']);
    env.write(() => env.write(() => items.drop()));
    expect([items.count(), env.collections()]).toEqual([0, ['other']]);
  });

  test('leaves it to a snapshot that began before, entry for entry', () => {
    const { env } = world();
    const large = env.collection('large', { key: uint32, value: bytes });
    env.write(() => {
      for (let i = 0; i < 2000; i++) large.append(i, Buffer.alloc(100, i));
    });
    using old = env.read();
    const iterator = large.range({}, old)[Symbol.iterator]();
    const first = iterator.next().value;
    large.drop();
    for (let i = 0; i < 100; i++) env.collection('other', strings).put('o', 'x'.repeat(1000 + i));
    expect([large.count({}, old), large.count()]).toEqual([2000, 0]);
    let next = 1;
    for (const { key, value } of { [Symbol.iterator]: () => iterator }) {
      expect(value.equals(Buffer.alloc(100, key))).toBe(true);
      expect(key).toBe(next++);
    }
    expect([next, first?.key, large.get(1999, old)?.byteLength]).toEqual([2000, 0, 100]);
  });

  test('while such a snapshot is open, the name can be taken again: each reads its own', () => {
    const { env, items } = world();
    using old = env.read();
    expect(items.get('a', old)).toBe('1');
    items.drop();
    const again = env.collection('items', { key: uint32, value: json });
    again.put(2, 'two');
    using later = env.read();
    expect([items.get('a', old), again.count({}, old), again.get(2, later)]).toEqual(['1', 0, 'two']);
    expect(codeOf(() => items.get('a', later))).toBe('ERR_NO_COLLECTION');
    again.drop();
    env.collection('items', strings).put('c', '3');
    expect([items.get('a', old), again.get(2, later), again.count({}, old)]).toEqual(['1', 'two', 0]);
  });

  test('of the unnamed database is refused, and of one inside a read transaction', () => {
    const { env, items } = world();
    expect(codeOf(() => env.main.drop())).toBe('ERR_INVALID_ARG_VALUE');
    env.read((txn) => expect(codeOf(() => items.drop(txn as never))).toBe('ERR_READ_ONLY'));
    expect(items.count()).toBe(1);
  });

  test('by another process is noticed: no read or write meets what is not there', () => {
    const { env, items } = world();
    using old = env.read();
    askChild(
      `const env = open(args.path, { durability: 'nosync' }); env.collection('items').drop(); env.close(); tell(1);`,
      { path: env.path },
    );
    expect([items.get('a', old), items.get('a'), items.count(), items.range().toArray()]).toEqual([
      '1',
      undefined,
      0,
      [],
    ]);
    expect(codeOf(() => items.put('b', '2'))).toBe('ERR_NO_COLLECTION');
    expect(env.collections()).toEqual(['other']);
  });

  test('by another process, that makes it again, is noticed as well', () => {
    const { env, items } = world();
    askChild(
      `const env = open(args.path, { durability: 'nosync' });
       env.collection('items').drop();
       env.collection('items', { key: utf8, value: utf8 }).put('new', 'from the child');
       env.close(); tell(1);`,
      { path: env.path },
    );
    expect(
      items
        .range()
        .map(({ key, value }) => [key, value])
        .toArray(),
    ).toEqual([['new', 'from the child']]);
    items.put('b', '2');
    expect(items.count()).toBe(2);
  });
});
