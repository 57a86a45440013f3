import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Collection, type Readable, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';

function numbers(): ReturnType<typeof collectionOf<string, number, string, number>> {
  const opened = collectionOf({ key: utf8, value: uint32 });
  opened.items.put('a', 1);
  opened.items.put('b', 2);
  return opened;
}

/** What can be read of it, by every call of a Readable. */
function contentOf(readable: Readable<string, number>): unknown[] {
  const scanned: unknown[] = [];
  readable.scan({}, ({ key, value }) => void scanned.push([key, value]));
  return [
    readable.name,
    readable.get('a'),
    readable.getMany(['b', 'x']),
    readable.has('b'),
    readable.has('x'),
    readable.count({ gt: 'a' }),
    [...readable.range({ reverse: true })].map(({ key, value }) => [key, value]),
    scanned,
  ];
}

const CONTENT = [
  'items',
  1,
  [2, undefined],
  true,
  false,
  1,
  [
    ['b', 2],
    ['a', 1],
  ],
  [
    ['a', 1],
    ['b', 2],
  ],
]; // prettier-ignore

describe('collection.in(txn)', () => {
  test('reads what a read transaction sees, whatever is written since', () => {
    const { env, items } = numbers();
    using txn = env.read();
    const view = items.in(txn);
    items.put('a', 10);
    items.del('b');
    expect(contentOf(view)).toEqual(CONTENT);
    expect(contentOf(items)).not.toEqual(CONTENT);
    expect(view.stat().entries).toBe(2);
    expect(view.getBuffer('a')).toEqual(Buffer.of(0, 0, 0, 1));
  });

  test('in a write transaction reads what that has written, and writes', () => {
    const { env, items } = numbers();
    env.write((txn) => {
      const view = items.in(txn);
      expect(contentOf(view)).toEqual(CONTENT);
      view.put('c', 3);
      expect([view.putNew('a', 9), view.putNew('d', 4)]).toEqual([false, true]);
      view.append('e', 5);
      expect(codeOf(() => view.append('d', 5))).toBe('ERR_KEY_ORDER');
      expect(view.update('a', (value = 0) => value + 10)).toBe(11);
      expect([view.del('b'), view.del('x'), view.clear({ gte: 'd' })]).toEqual([true, false, 2]);
      expect(view.getMany(['a', 'b', 'c', 'd'])).toEqual([11, undefined, 3, undefined]);
    });
    expect([...items.range()].map(({ key, value }) => [key, value])).toEqual([
      ['a', 11],
      ['c', 3],
    ]);
    env.write((txn) => {
      expect(items.in(txn).clear()).toBe(2);
      items.in(txn).drop();
    });
    expect(env.collections()).toEqual([]);
  });

  test('belongs to that transaction inside of another one', () => {
    const { env, items } = numbers();
    using txn = env.read();
    const view = items.in(txn);
    env.write((writing) => {
      items.in(writing).put('a', 7);
      expect([view.get('a'), items.get('a')]).toEqual([1, 7]);
      env.write((child) => expect([view.count(), items.in(child).count()]).toEqual([2, 2]));
    });
  });

  test('has the values of a key with dupSort', () => {
    const { env, items } = collectionOf({ key: utf8, value: uint32, dupSort: true });
    env.write((txn) => {
      const view = items.in(txn);
      view.put('a', 1);
      view.put('a', 2);
      expect([view.delValue('a', 1), view.hasValue('a', 1), view.hasValue('a', 2)]).toEqual([true, false, true]);
    });
    using txn = env.read();
    expect([...items.in(txn).getAll('a')]).toEqual([2]);
  });

  test('throws what the calls with txn throw once it has ended', () => {
    const { env, items } = numbers();
    const txn = env.read();
    const view = items.in(txn);
    txn.end();
    const calls: ((collection: Readable<string, number>) => unknown)[] = [
      (c) => c.get('a'),
      (c) => c.getMany(['a']),
      (c) => c.has('a'),
      (c) => c.range(),
      (c) => c.scan({}, () => true),
      (c) => c.count(),
    ];
    for (const call of calls) expect(codeOf(() => call(view))).toBe('ERR_TXN_ENDED');
    expect(codeOf(() => items.in(txn))).toBe('ERR_TXN_ENDED');
    const written = env.write((writing) => items.in(writing));
    expect(codeOf(() => written.put('a', 1))).toBe('ERR_TXN_ENDED');
    expect(codeOf(() => written.get('a'))).toBe('ERR_TXN_ENDED');
    env.close();
    expect(codeOf(() => written.put('a', 1))).toBe('ERR_ENV_CLOSED');
    expect(codeOf(() => view.count())).toBe('ERR_ENV_CLOSED');
  });

  test('refuses what is no transaction of its environment', () => {
    const { env, items } = numbers();
    const other = numbers();
    using txn = other.env.read();
    expect(codeOf(() => items.in(txn))).toBe('ERR_INVALID_ARG_VALUE');
    for (const value of [undefined, null, {}, env, () => env.read()]) {
      expect(codeOf(() => items.in(value as never))).toBe('ERR_INVALID_ARG_TYPE');
    }
  });

  test('a view of a read transaction has nothing that writes', () => {
    const { env, items } = numbers();
    using txn = env.read();
    expect(items.in(txn)).not.toHaveProperty('put');
    env.write((writing) => expect(items.in(writing)).toHaveProperty('put'));
  });

  test('prints what it is of, and in which transaction', () => {
    const { env, items } = numbers();
    const txn = env.read();
    const view = items.in(txn);
    expect(inspect(view)).toBe("Collection 'items' { key: utf8, value: uint32 } in ReadTransaction { open }");
    txn.end();
    expect(inspect(view)).toMatch(/in ReadTransaction \{ (draining|ended) \}$/);
  });

  test('a Collection and its views are Readables', () => {
    const { env, items } = numbers();
    const collection: Collection<string, number> = items;
    expect(contentOf(collection)).toEqual(CONTENT);
    env.read((txn) => expect(contentOf(collection.in(txn))).toEqual(CONTENT));
    env.write((txn) => expect(contentOf(collection.in(txn))).toEqual(CONTENT));
  });
});
