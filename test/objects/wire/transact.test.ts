import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../lib/client/index.ts';
import { idOf, type RemoteStore } from '../../../lib/objects/index.ts';
import { rejection } from '../../support/fixture.ts';
import {
  type Any,
  type Asked,
  Counter,
  countingStore,
  Line,
  Order,
  openStore,
  PersistentList,
  PersistentMap,
  type Place,
  Product,
  server,
} from './places.ts';

/** How code runs again for what it has missed, and what becomes of conflicts. */

type Root = Record<string, Any>;

let place: Place;
let store: Store;
let objects: RemoteStore<Root>;
let other: RemoteStore<Root>;
let otherStore: Store;
const stores: Store[] = [];

async function connected(): Promise<Store> {
  const opened = await place.connect();
  stores.push(opened);
  return opened;
}

beforeEach(async () => {
  place = await server();
  store = await connected();
  objects = await openStore<Root>(store);
  otherStore = await connected();
  other = await openStore<Root>(otherStore);
});
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  await place.close();
});

const LINES = 50;

async function fill(): Promise<void> {
  await objects.transact((txn) => {
    const lines = new PersistentMap();
    for (let i = 0; i < LINES; i++) {
      lines.set(i, new Line({ product: new Product({ name: `p${i}`, price: i }), count: 1 }));
    }
    txn.root.order = new Order({ lines });
    txn.root.sold = new Counter();
    txn.root.list = new PersistentList();
  });
  await otherStore.sync();
}

const total = (view: { readonly root: Root }): number => {
  let sum = 0;
  for (const line of view.root.order.lines.values()) sum += line.total;
  return sum;
};
const TOTAL = (LINES * (LINES - 1)) / 2;

describe('trips', () => {
  let counting: RemoteStore<Root>;
  let asked: Asked;
  beforeEach(async () => {
    await fill();
    const opened = await countingStore(await connected());
    counting = opened.objects as RemoteStore<Root>;
    asked = opened.asked;
  });

  test('code that is run again gets what it has missed, and what was fetched is not asked again', async () => {
    let runs = 0;
    const sum = () =>
      counting.read((view) => {
        runs++;
        return total(view);
      });
    expect(await sum()).toBe(TOTAL);
    const { loads, ranges } = asked;
    expect(runs).toBe(loads + ranges + 1);
    expect(await sum()).toBe(TOTAL);
    expect(asked).toEqual({ loads, ranges, commits: 0, follows: 0 });
    expect(runs).toBe(loads + ranges + 2);
  });

  test('a loop fetches ahead what its next turns ask for', async () => {
    let runs = 0;
    const sum = await counting.read((view) => {
      runs++;
      return total(view);
    });
    expect(sum).toBe(TOTAL);
    // The row of the root, the order, its map, the rows; then 1 + 8, 32 and the other lines, and as many products each.
    expect(runs).toBeLessThanOrEqual(4 + 2 * 3 + 1 + 2);
  });

  test('with hints there is one trip, if the server can follow them', async () => {
    const opened = await countingStore(await connected(), true);
    const following = opened.objects as RemoteStore<Root>;
    const hints = { order: { lines: { product: true } } } as const;
    expect(await following.read(total, { hints })).toBe(TOTAL);
    expect(opened.asked).toEqual({ loads: 0, ranges: 0, commits: 0, follows: 1 });
    const { order } = await following.load(following.root, hints);
    expect(order.lines.get(3).product.price).toBe(3);
    expect(opened.asked.follows).toBe(1);
    // The server leaves out what it has sent before: that is here, or asked for level by level.
    await objects.transact((txn) => {
      txn.root.order.lines.get(3).product.price = 33;
    });
    await stores.at(-1)?.sync();
    expect((await following.load(following.root, hints)).order.lines.get(3).product.price).toBe(33);
  });

  test('with hints there is one trip for each level, if it cannot', async () => {
    let runs = 0;
    const hints = { order: { lines: { product: true } } } as const;
    const sum = await counting.read(
      (view) => {
        runs++;
        return total(view);
      },
      { hints },
    );
    expect(sum).toBe(TOTAL);
    // The row of the root; the order; its map; the rows of the map; the lines; the products.
    expect(asked).toEqual({ loads: 5, ranges: 1, commits: 0, follows: 0 });
    expect(runs).toBe(1);
    asked.loads = 0;
    const order = await counting.load(await counting.read((view) => view.root.order), { lines: { product: true } });
    expect([...order.lines.values()].reduce((sum: number, line: Any) => sum + line.total, 0)).toBe(TOTAL);
    expect(asked.loads).toBe(0);
  });

  test('what is written without being read is told in one run: entries, references, numbers', async () => {
    await counting.load(counting.root, { order: { lines: true }, sold: true });
    let runs = 0;
    asked.loads = 0;
    await counting.transact((txn) => {
      runs++;
      const { order, sold } = txn.root;
      const { product } = order.lines.get(0);
      for (let i = 0; i < 20; i++) order.lines.set(1000 + i, new Line({ product, count: i }));
      sold.add(20);
    });
    expect(asked.commits).toBe(1);
    expect(runs).toBeLessThanOrEqual(3);
    expect(await counting.read(({ root }) => [root.order.lines.size, root.sold.value])).toEqual([LINES + 20, 20]);
  });
});

describe('a run that has missed something', () => {
  beforeEach(fill);

  test.each([
    ['returns something', () => 'wrong'],
    [
      'throws something',
      () => {
        throw new Error('wrong');
      },
    ],
  ])('and catches the error, and %s, is not committed', async (_what, then) => {
    let runs = 0;
    const result = await other.transact((txn) => {
      runs++;
      let price = -1;
      try {
        price = txn.root.order.lines.get(7).product.price;
      } catch {
        txn.root.wrong = runs;
        return then();
      }
      txn.root.right = price;
      return 'right';
    });
    expect(result).toBe('right');
    expect(runs).toBeGreaterThan(2);
    expect(await objects.read(({ root }) => [root.wrong, root.right])).toEqual([undefined, 7]);
  });

  test('in an async function, where other calls go on meanwhile', async () => {
    await other.transact(async (txn) => {
      const prices = await Promise.allSettled(
        [1, 2, 3].map(async (i) => txn.root.order.lines.get(i).product.price as number),
      );
      txn.root.prices = prices.map((each) => (each.status === 'fulfilled' ? each.value : -1));
    });
    await store.sync();
    expect(await objects.read(({ root }) => root.prices)).toEqual([1, 2, 3]);
  });

  test('drafts are as they were, and new objects are stored once', async () => {
    const product = new Product({ name: 'new', price: 1 });
    let runs = 0;
    await other.transact((txn) => {
      runs++;
      product.price += 1;
      txn.root.order.lines.set('new', new Line({ product, count: 2 }));
    });
    expect(runs).toBeGreaterThan(1);
    await store.sync();
    const names = await objects.read((view) => [...view.all<Any>(Product)].filter(({ name }) => name === 'new').length);
    expect(names).toBe(1);
    expect(idOf(product)).toBeGreaterThan(0);
  });
});

describe('two clients', () => {
  beforeEach(fill);

  test('that change what the other one has read: one runs again', async () => {
    const runs = [0, 0];
    const add = (objects: RemoteStore<Root>, at: 0 | 1) =>
      objects.transact(
        (txn) => {
          (runs[at] as number)++;
          txn.root.order.lines.get(0).count += 1;
        },
        { retries: 100 },
      );
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? add(objects, 0) : add(other, 1))));
    await store.sync();
    expect(await objects.read(({ root }) => root.order.lines.get(0).count)).toBe(21);
    expect((runs[0] as number) + (runs[1] as number)).toBeGreaterThan(20);
  });

  test('ERR_CONFLICT names the objects once there are no retries left', async () => {
    const error = await rejection(
      other.transact(
        async (txn) => {
          const { product } = txn.root.order.lines.get(0);
          product.price += 1;
          await objects.transact((inner) => {
            inner.root.order.lines.get(0).product.price += 10;
          });
        },
        { retries: 0 },
      ),
    );
    expect(error).toMatchObject({ code: 'ERR_CONFLICT' });
    expect((error as Any).conflicts).toEqual([{ collection: '__leasehold_objects', key: expect.any(Number) }]);
  });

  test('that read a range in which the other one adds an entry are in conflict', async () => {
    let runs = 0;
    await other.transact(async (txn) => {
      runs++;
      const { lines } = txn.root.order;
      const count = [...lines.keys()].length;
      const before = runs;
      if (count === LINES && before > 0) {
        await objects.transact((inner) => {
          inner.root.order.lines.set('more', new Line({ product: new Product({ name: '', price: 0 }), count: 1 }));
        });
      }
      txn.root.seen = count;
    });
    await store.sync();
    expect(await objects.read(({ root }) => root.seen)).toBe(LINES + 1);
  });

  test('that add entries, push elements and count are in no conflict', async () => {
    await Promise.all(
      [objects, other].map((each) => each.load(each.root, { order: { lines: true }, sold: true, list: true })),
    );
    let runs = 0;
    let missed = 0;
    const work = (objects: RemoteStore<Root>, name: string) =>
      objects.transact(
        async (txn) => {
          runs++;
          missed++;
          const { order, sold, list } = txn.root;
          order.lines.set(name, order.lines.get(1));
          sold.add(1);
          list.push(name);
          // All have begun before one commits.
          missed--;
        },
        { retries: 0 },
      );
    const names = Array.from({ length: 10 }, (_, i) => `n${i}`);
    await Promise.all(names.map((name, i) => work(i % 2 === 0 ? objects : other, name)));
    await Promise.all([store.sync(), otherStore.sync()]);
    const seen = await other.read(({ root }) => [root.order.lines.size, root.sold.value, [...root.list].sort()]);
    expect(seen).toEqual([LINES + 10, 10, names]);
    expect(runs).toBeGreaterThanOrEqual(10);
    expect(missed).toBeGreaterThanOrEqual(0);
  });

  test('that create objects at once get other ids', async () => {
    const create = (objects: RemoteStore<Root>, name: string) =>
      objects.transact(
        (txn) => {
          const made = Array.from({ length: 200 }, (_, i) => new Product({ name, price: i }));
          txn.root[name] = new PersistentList(made);
          return made.map((each) => idOf(each));
        },
        { retries: 0 },
      );
    await Promise.all(['a', 'b', 'c', 'd'].map((name, i) => create(i % 2 === 0 ? objects : other, name)));
    await store.sync();
    const ids = await objects.read((view) => [...view.all<Any>(Product)].map((each) => idOf(each)));
    expect(ids.length).toBe(800 + LINES);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
