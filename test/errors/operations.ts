import type { Collection, Environment, ReadTransaction, WriteTransaction } from '../../lib/index.ts';
import { type Range, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

/** One environment with something in it, for the tables of operations. */
export interface Subject {
  env: Environment;
  items: Collection<number, string, number, string>;
  /** Several values a key. */
  pairs: Collection<number, string, number, string>;
  range: Range<number, string>;
}

export function subject(): Subject {
  const env = openTemporary();
  const items = env.collection('items', { key: uint32, value: utf8 });
  const pairs = env.collection('pairs', { key: uint32, value: utf8, dupSort: true });
  env.write(() => {
    for (let i = 0; i < 20; i++) {
      items.put(i, `value ${i}`);
      pairs.put(i >> 2, `value ${i}`);
    }
  });
  return { env, items, pairs, range: items.range() };
}

/** A read of a collection, by name: with a transaction, or with none. */
export const reads: Record<string, (subject: Subject, txn?: ReadTransaction | WriteTransaction) => unknown> = {
  get: ({ items }, txn) => items.get(1, txn),
  'get of an absent key': ({ items }, txn) => items.get(99, txn),
  getMany: ({ items }, txn) => items.getMany([1, 2], txn),
  has: ({ items }, txn) => items.has(1, txn),
  'range and toArray': ({ items }, txn) => items.range({}, txn).toArray(),
  'range and keys': ({ items }, txn) => items.range({}, txn).keys().toArray(),
  'range and values': ({ items }, txn) => items.range({ reverse: true }, txn).values().toArray(),
  'range and forEach': ({ items }, txn) => items.range({ gt: 3 }, txn).forEach(() => {}),
  'range and count': ({ items }, txn) => items.range({ gt: 3 }, txn).count(),
  scan: ({ items }, txn) => items.scan({}, () => {}, txn),
  count: ({ items }, txn) => items.count({}, txn),
  'count of a part': ({ items }, txn) => items.count({ gt: 3 }, txn),
  stat: ({ items }, txn) => items.stat(txn),
  getAll: ({ pairs }, txn) => pairs.getAll(1, txn).toArray(),
  'getAll and count': ({ pairs }, txn) => pairs.getAll(1, txn).count(),
  hasValue: ({ pairs }, txn) => pairs.hasValue(1, 'value 4', txn),
  'range of pairs': ({ pairs }, txn) => pairs.range({ reverse: true }, txn).toArray(),
  'count of pairs': ({ pairs }, txn) => pairs.count({ gt: 2 }, txn),
};

/** A write to a collection. */
export const writes: Record<string, (subject: Subject, txn?: WriteTransaction) => unknown> = {
  put: ({ items }, txn) => items.put(1, 'new', txn),
  putNew: ({ items }, txn) => items.putNew(50, 'new', txn),
  append: ({ items }, txn) => items.append(1000, 'new', txn),
  del: ({ items }, txn) => items.del(2, txn),
  'put of a pair': ({ pairs }, txn) => pairs.put(1, 'new', txn),
  'append of a pair': ({ pairs }, txn) => pairs.append(1000, 'new', txn),
  delValue: ({ pairs }, txn) => pairs.delValue(1, 'value 4', txn),
  clear: ({ items }, txn) => items.clear(txn),
  'clear of a range': ({ items }, txn) => items.clear({ gt: 3, reverse: true, limit: 2 }, txn),
  'clear of pairs': ({ pairs }, txn) => pairs.clear({ lt: 3 }, txn),
  drop: ({ items }, txn) => items.drop(txn),
  'drop of pairs': ({ pairs }, txn) => pairs.drop(txn),
};

/** What an environment does itself. */
export const environmentCalls: Record<string, (subject: Subject) => unknown> = {
  'env.collection': ({ env }) => env.collection('items'),
  'env.collection of a new one': ({ env }) => env.collection('new', { key: uint32, value: utf8 }),
  'env.collections': ({ env }) => env.collections(),
  'env.main': ({ env }) => env.main,
  'env.read': ({ env }) => env.read().end(),
  'env.read(fn)': ({ env }) => env.read(() => {}),
  'env.write': ({ env }) => env.write(() => {}),
  'env.sync': ({ env }) => env.sync(),
  'env.resize': ({ env }) => env.resize(2 ** 30),
  'env.stat': ({ env }) => env.stat(),
  'env.info': ({ env }) => env.info(),
  'env.readers': ({ env }) => env.readers(),
  'env.checkReaders': ({ env }) => env.checkReaders(),
  'env.counters': ({ env }) => env.counters(),
};
