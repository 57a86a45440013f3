import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../lib/client/index.ts';
import { idOf, PersistentSet, type RemoteStore } from '../../../lib/objects/index.ts';
import { codeOf, rejection } from '../../support/fixture.ts';
import {
  type Any,
  Counter,
  Line,
  Order,
  openStore,
  PersistentList,
  PersistentMap,
  PLACES,
  type Place,
  Product,
} from './places.ts';

/** What a program does with objects on a server every day. */

type Root = Record<string, Any>;

describe.each(PLACES)('%s', (_name, make) => {
  let place: Place;
  let objects: RemoteStore<Root>;
  const stores: Store[] = [];
  const another = async (): Promise<RemoteStore<Root>> => {
    const store = await place.connect();
    stores.push(store);
    return openStore<Root>(store, { classes: [Order, Line, Product] });
  };
  beforeEach(async () => {
    place = await make();
    objects = await another();
  });
  afterEach(async () => {
    for (const each of stores.splice(0)) await each.close();
    await place.close();
  });

  const fill = () =>
    objects.transact((txn) => {
      const lines = new PersistentMap<string, Any>();
      const products = ['tea', 'milk', 'salt'].map((name, i) => new Product({ name, price: 10 * (i + 1) }));
      for (const [i, product] of products.entries()) lines.set(product.name, new Line({ product, count: i + 1 }));
      txn.root.order = new Order({ lines, tags: ['new', { urgent: true }] });
      txn.root.sold = new Counter();
      txn.root.log = new PersistentList(['a', 'b', 'c']);
      txn.root.names = new PersistentSet(['x', 'y']);
    });

  test('objects that one client has stored are there for another one, with their classes', async () => {
    await fill();
    const other = await another();
    const total = await other.read((view) => {
      let sum = 0;
      for (const line of view.root.order.lines.values()) sum += line.total;
      return sum;
    });
    expect(total).toBe(10 + 2 * 20 + 3 * 30);
    const order = await other.load(await other.read((view) => view.root.order), { lines: { product: true } });
    expect(order).toBeInstanceOf(Order);
    expect(order.tags).toEqual(['new', { urgent: true }]);
    expect([...order.lines.keys()]).toEqual(['milk', 'salt', 'tea']);
    expect(order.lines.get('salt').product.name).toBe('salt');
    expect(order.lines.size).toBe(3);
    expect(order.lines.get('none')).toBeUndefined();
  });

  test('what was stored can be read at once, and === tells that it is the same object', async () => {
    const product = new Product({ name: 'tea', price: 3 });
    await objects.transact((txn) => {
      txn.root.product = product;
    });
    expect(product.price).toBe(3);
    expect(objects.root.product).toBe(product);
    expect(idOf(product)).toBeGreaterThan(1);
  });

  test('objects are changed: fields, plain values in place, entries, elements, numbers', async () => {
    await fill();
    const other = await another();
    await other.transact((txn) => {
      const { order, sold, log, names } = txn.root;
      order.lines.get('tea').count += 4;
      order.tags.push('paid');
      order.lines.delete('salt');
      sold.add(5);
      log.push('d');
      log.insert(1, 'between');
      expect(log.pop()).toBe('d');
      names.add('z').delete('x');
      expect([order.lines.size, sold.value, log.length, [...names]]).toEqual([2, 5, 4, ['y', 'z']]);
    });
    await stores[0]?.sync();
    const seen = await objects.read(({ root: { order, sold, log, names } }) => ({
      count: order.lines.get('tea').count,
      keys: [...order.lines.keys()],
      size: order.lines.size,
      tags: order.tags,
      sold: sold.value,
      log: [...log],
      last: log.at(-1),
      length: log.length,
      names: [...names],
    }));
    expect(seen).toEqual({
      count: 5,
      keys: ['milk', 'tea'],
      size: 2,
      tags: ['new', { urgent: true }, 'paid'],
      sold: 5,
      log: ['a', 'between', 'b', 'c'],
      last: 'c',
      length: 4,
      names: ['y', 'z'],
    });
  });

  test('what a transaction does, fails, or takes back, is whole', async () => {
    await fill();
    const spare = new Product({ name: 'spare', price: 1 });
    const failed = objects.transact((txn) => {
      txn.root.order.lines.get('tea').count = 100;
      txn.root.spare = spare;
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(idOf(spare)).toBeUndefined();
    expect(await objects.read(({ root }) => [root.order.lines.get('tea').count, root.spare])).toEqual([1, undefined]);
    await objects.transact((txn) => {
      delete txn.root.log;
      txn.root.spare = spare;
    });
    expect(await objects.read(({ root }) => [Object.keys(root), root.spare.name])).toEqual([
      ['names', 'order', 'sold', 'spare'],
      'spare',
    ]);
  });

  test('a range of a map, a page, a count and a reverse loop', async () => {
    await objects.transact((txn) => {
      const map = new PersistentMap<number, number>();
      for (let i = 0; i < 1000; i++) map.set(i, i * i);
      txn.root.map = map;
    });
    const other = await another();
    const seen = await other.read(({ root: { map } }) => {
      const first = map.page({ limit: 3 });
      return {
        first: first.items,
        second: map.page({ limit: 2, cursor: first.cursor }).items,
        range: [...map.range({ gte: 10, lt: 12 })],
        last: [...map.keys({ reverse: true, limit: 3 })],
        offset: [...map.keys({ offset: 5, limit: 2 })],
        count: map.count({ gte: 100 }),
        size: map.size,
        sum: [...map.values()].reduce((a: number, b: number) => a + b, 0),
      };
    });
    expect(seen).toEqual({
      first: [
        [0, 0],
        [1, 1],
        [2, 4],
      ],
      second: [
        [3, 9],
        [4, 16],
      ],
      range: [
        [10, 100],
        [11, 121],
      ],
      last: [999, 998, 997],
      offset: [5, 6],
      count: 900,
      size: 1000,
      sum: 332833500,
    });
  });

  test('a snapshot stays as it is, and a commit of another client ends what is here', async () => {
    await fill();
    const other = await another();
    using before = await other.snapshot();
    const held = await before.load<Any>(await other.read((view) => view.root.order), { lines: true });
    const live = await other.load(held, { lines: true });
    await objects.transact((txn) => {
      txn.root.order.lines.get('tea').count = 7;
      txn.root.order.lines.set('more', new Line({ product: txn.root.order.lines.get('tea').product, count: 1 }));
    });
    await stores[1]?.sync();
    expect(codeOf(() => live.lines.size)).toBe('ERR_NOT_LOADED');
    await other.load(live, { lines: true });
    expect(live.lines.get('tea').count).toBe(7);
    expect([held.lines.get('tea').count, held.lines.size, [...held.lines.keys()].length]).toEqual([1, 3, 3]);
    expect(other.get(held)).toBe(live);
  });

  test('all() and pluck() in a view', async () => {
    await fill();
    const names = await objects.read((view) => [...view.all<Any>(Product)].map(({ name }) => name));
    expect(names.sort()).toEqual(['milk', 'salt', 'tea']);
    expect((await objects.read((view) => [...view.pluck<Any, string>(Product, 'price')])).sort()).toEqual([10, 20, 30]);
  });

  test('watch() tells what others change, and which keys', async () => {
    await fill();
    const other = await another();
    const order = await other.load(await other.read((view) => view.root.order), { lines: true });
    const watch = other.watch<Any, string>(order.lines);
    await objects.transact((txn) => {
      txn.root.sold.add(1);
    });
    await objects.transact((txn) => {
      txn.root.order.lines.delete('milk');
    });
    const { value } = await watch.next();
    expect(value?.keys).toEqual(['milk']);
    expect(value?.object).toBe(order.lines);
    await other.load(order.lines as object);
    expect(order.lines.has('milk')).toBe(false);
    await watch.return();
  });

  test('what is not possible says what to do', async () => {
    await fill();
    const other = await another();
    expect(codeOf(() => other.root.order)).toBe('ERR_NOT_LOADED');
    expect(codeOf(() => objects.write())).toBe('ERR_NOT_LOCAL');
    expect(codeOf(() => objects.locks)).toBe('ERR_NOT_LOCAL');
    expect(codeOf(() => objects.collect())).toBe('ERR_NOT_LOCAL');
    expect(codeOf(() => objects.check())).toBe('ERR_NOT_LOCAL');
    const order = await objects.load(await objects.read((view) => view.root.order));
    expect(() => {
      objects.root.x = 1;
    }).toThrow(
      expect.objectContaining({ code: 'ERR_READ_ONLY_STATE', message: expect.stringContaining('transact()') }),
    );
    expect(() => {
      order.tags = [];
    }).toThrow('store.transact()');
    expect((await rejection(objects.read(async () => 1))).code).toBe('ERR_ASYNC_CALLBACK');
    expect((await rejection(objects.load(123456))).code).toBe('ERR_NO_OBJECT');
    expect((await rejection(objects.transact(() => objects.root.order))).code).toBe('ERR_BUSY');
    expect((await rejection(objects.transact(() => order.tags))).code).toBe('ERR_BUSY');
    expect((await rejection(objects.transact(() => objects.transact(() => 1)))).code).toBe('ERR_BUSY');
  });
});
