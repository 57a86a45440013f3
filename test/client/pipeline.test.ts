import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectOptions, connect, type Store } from '../../lib/client/index.ts';
import { bytes, type Environment, json, jsonOf, open, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';

const order = struct({
  customer: t.utf8,
  gift: t.optional(t.utf8),
  lines: t.list(t.struct({ product: t.u32 })),
  place: t.struct({ country: t.utf8, city: t.utf8 }),
});
interface Customer {
  readonly name: string;
  readonly home: readonly [string, string] | null;
  readonly friends?: readonly { readonly id: string }[];
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The same data in each place; `trips` counts the requests that a server has got since the last call. */
interface Place {
  readonly store: Store;
  readonly trips: () => number;
}

function fill(env: Environment): void {
  const versions = { versions: true } as const;
  const orders = env.collection('orders', { key: uint32, value: order, ...versions });
  const lines = [{ product: 5 }, { product: 7 }];
  orders.put(17, { customer: 'ada', lines, place: { country: 'FR', city: 'Paris' } });
  orders.put(18, { customer: 'nobody', gift: 'eve', lines: [], place: { country: 'FR', city: 'Oz' } });
  const customers = env.collection('customers', { key: utf8, value: json, ...versions });
  customers.put('ada', { name: 'Ada', home: ['FR', 'Nice'], friends: [{ id: 'eve' }] } satisfies Customer);
  customers.put('eve', { name: 'Eve', home: null } satisfies Customer);
  customers.put('__proto__', { name: 'no', home: null });
  const cities = env.collection('cities', { key: tuple, value: json, ...versions });
  cities.put(['FR', 'Paris'], { mayor: 'ada' });
  cities.put(['FR', 'Nice'], { mayor: 'eve' });
  env.collection('products', { key: uint32, value: utf8, ...versions }).put(7, 'a chair');
  env.collection('countries', { key: utf8, value: utf8, ...versions }).put('FR', 'ada');
  const blobs = env.collection('blobs', { key: bytes, value: bytes, ...versions });
  blobs.put(Buffer.from('a'), Buffer.from('b'));
  blobs.put(Buffer.from('b'), Buffer.from('c'));
}

async function served(options: ConnectOptions = {}, more: Partial<ServeOptions> = {}): Promise<Place> {
  const env = openTemporary();
  fill(env);
  const server: Server = await serve(env, { listen: 'tcp://127.0.0.1:0', ...more });
  closing.push(() => server.close());
  const store = await connect(server.addresses[0] as string, options);
  closing.push(() => store.close());
  let last = server.counters().requests;
  const trips = (): number => {
    const { requests } = server.counters();
    const count = requests - last;
    last = requests;
    return count;
  };
  return { store, trips };
}

async function local(): Promise<Place> {
  const folder = temporaryFolder();
  const env = open(folder, { durability: 'nosync' });
  fill(env);
  env.close();
  const store = await connect(`file:${folder}`);
  closing.push(() => store.close());
  return { store, trips: () => 0 };
}

const collections = (store: Store) => ({
  orders: store.collection('orders', { key: uint32, value: order }),
  customers: store.collection('customers', { key: utf8, value: jsonOf<Customer>() }),
  cities: store.collection('cities', { key: tuple, value: jsonOf<{ mayor: string }>() }),
  products: store.collection('products', { key: uint32, value: utf8 }),
  countries: store.collection('countries', { key: utf8, value: utf8 }),
  blobs: store.collection('blobs', { key: bytes, value: bytes }),
});

describe.each<[string, () => Promise<Place>]>([
  ['a folder', local],
  ['a server', served],
  ['a server, with a cache', () => served({ cache: temporaryFolder() })],
])('%s', (_name, make) => {
  test('keys are made of fields of structs and JSON, of elements, bytes, and parts of keys', async () => {
    const { store } = await make();
    const { orders, customers, cities, products, countries, blobs } = collections(store);
    const read = await store.pipeline((p) => {
      const found = p.get(orders, 17);
      const customer = p.get(customers, found.field('customer'));
      const home = p.get(cities, customer.field('home'));
      const place = found.field('place');
      const there = p.get(cities, [place.field('country'), place.field('city')]);
      const country = p.get(countries, home.key.at(0));
      return {
        customer,
        people: [
          p.get(customers, home.field('mayor')),
          p.get(customers, there.field('mayor')),
          p.get(customers, customer.field('friends').at(0).field('id')),
          p.get(customers, country),
        ] as const,
        product: p.get(products, found.field('lines').at(1).field('product')),
        blob: p.get(blobs, p.get(blobs, Buffer.from('a'))),
        note: 'kept',
      };
    });
    expect(read.customer?.name).toBe('Ada');
    expect(read.people.map((each) => each?.name)).toEqual(['Eve', 'Ada', 'Eve', 'Ada']);
    expect([read.product, read.blob?.toString(), read.note]).toEqual(['a chair', 'c', 'kept']);
  });

  test('what is made of something absent is absent', async () => {
    const { store } = await make();
    const { orders, customers, cities, products } = collections(store);
    const read = await store.pipeline((p) => {
      const found = p.get(orders, 18);
      const eve = p.get(customers, found.field('gift'));
      return [
        eve,
        p.get(customers, found.field('customer')),
        p.get(cities, eve.field('home')),
        p.get(cities, p.get(cities, eve.field('home')).field('mayor') as never),
        p.get(products, found.field('lines').at(0).field('product')),
        p.get(customers, p.get(orders, 1).field('customer')),
        p.get(customers, eve.field('friends').at(3).field('id')),
      ] as const;
    });
    expect(read[0]?.name).toBe('Eve');
    expect(read.slice(1)).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  test('no name leads to a prototype', async () => {
    const { store } = await make();
    const { customers, orders } = collections(store);
    for (const path of [['constructor', 'name'], ['__proto__'], ['toString'], ['toObject'], ['home', 'length']]) {
      for (const from of [customers, orders] as const) {
        const read = await store.pipeline((p) => {
          let part: { field(name: string): unknown } = p.get(
            from as typeof customers,
            (from === orders ? 17 : 'ada') as never,
          ) as never;
          for (const name of path) part = part.field(name) as never;
          return p.get(customers, part as never);
        });
        expect(read).toBeUndefined();
      }
    }
  });

  test('all is read as of one commit, that of a view or a transaction if one is given', async () => {
    const { store } = await make();
    const { orders, customers } = collections(store);
    const nameOf = (within?: Parameters<Store['pipeline']>[1]) =>
      store.pipeline((p) => p.get(customers, p.get(orders, 17).field('customer')), within);
    await using view = await store.snapshot();
    await customers.put('ada', { name: 'Countess', home: null });
    expect((await nameOf())?.name).toBe('Countess');
    expect((await nameOf(view))?.name).toBe('Ada');
    const seen = await store.transact(async (txn) => {
      const before = await nameOf(txn);
      await txn.collection('orders').put(17, { customer: 'eve', lines: [], place: { country: '', city: '' } });
      return [before?.name, (await nameOf(txn))?.name];
    });
    expect(seen).toEqual(['Countess', 'Eve']);
  });

  test('a transaction notes what a pipeline reads', async () => {
    const { store } = await make();
    const { orders, customers } = collections(store);
    let runs = 0;
    await store.transact(async (txn) => {
      runs++;
      await store.pipeline((p) => p.get(customers, p.get(orders, 17).field('customer')), txn);
      if (runs === 1) await customers.put('ada', { name: 'Countess', home: null });
      await txn.collection('customers').put('eve', { name: 'x', home: null });
    });
    expect(runs).toBe(2);
  });

  test('a value that is no key of the collection is the error of the codec', async () => {
    const { store } = await make();
    const { customers, orders, products } = collections(store);
    const wrong = store.pipeline((p) => p.get(products, p.get(customers, 'ada').field('name') as never));
    expect((await rejection(wrong)).code).toBe('ERR_INVALID_ARG_TYPE');
    const parts = store.pipeline((p) => p.get(customers, [p.get(orders, 17).field('customer')] as never));
    expect((await rejection(parts)).code).toBe('ERR_INVALID_ARG_VALUE');
    await expect(store.pipeline((p) => p.get(products, 1).field('x' as never) as never)).rejects.toThrow('steps');
    const absent = store.pipeline((p) => p.get(store.collection('towns', { create: false }), 'x'));
    expect((await rejection(absent)).code).toBe('ERR_NO_COLLECTION');
  });

  test('a pipeline takes its own steps only, collections of its store, and 256 steps at most', async () => {
    const { store } = await make();
    const { customers, orders } = collections(store);
    const other = collections((await local()).store);
    let older: unknown;
    await store.pipeline((p) => {
      older = p.get(orders, 17);
    });
    const taking = (key: unknown, from: unknown = customers): Promise<unknown> =>
      store.pipeline((p) => p.get(from as typeof customers, key as never));
    for (const wrong of [taking(older), taking('ada', other.customers), taking('ada', {})]) {
      expect((await rejection(wrong)).code).toMatch(/^ERR_INVALID_ARG/);
    }
    expect((await rejection(store.pipeline(() => older))).code).toBe('ERR_INVALID_ARG_VALUE');
    expect((await rejection(store.pipeline(7 as never))).code).toBe('ERR_INVALID_ARG_TYPE');
    expect((await rejection(store.pipeline(async (p) => p.get(orders, 17)))).code).toBe('ERR_ASYNC_CALLBACK');
    const many = (count: number): Promise<unknown> =>
      store.pipeline((p) => Array.from({ length: count }, () => p.get(customers, 'ada')));
    expect(await many(256)).toHaveLength(256);
    expect((await rejection(many(257))).code).toBe('ERR_BUSY');
  });

  test('what a program does with an array after it has given it as a key is of no consequence', async () => {
    const { store } = await make();
    const { cities, orders } = collections(store);
    const city = await store.pipeline((p) => {
      const place = p.get(orders, 17).field('place');
      const key: unknown[] = [place.field('country'), place.field('city')];
      const step = p.get(cities, key as never);
      key[1] = p.get(orders, 18).field('place').field('city');
      key.length = 1;
      return step;
    });
    expect(city).toEqual({ mayor: 'ada' });
  });

  test('the function of a pipeline is not async, and what it returns does not contain itself', async () => {
    const { store } = await make();
    const { orders } = collections(store);
    expect((await rejection(store.pipeline(async (p) => p.get(orders, 17)))).code).toBe('ERR_ASYNC_CALLBACK');
    const failing = async (): Promise<never> => {
      throw new Error('a fault of the program');
    };
    expect((await rejection(store.pipeline(failing))).code).toBe('ERR_ASYNC_CALLBACK');
    const endless = store.pipeline((p) => {
      const all: Record<string, unknown> = { order: p.get(orders, 17) };
      all['all'] = all;
      return all;
    });
    expect((await rejection(endless)).code).toBe('ERR_INVALID_ARG_VALUE');
  });
});

test('nothing of a pipeline can be reached that says what it reads, or ends it', async () => {
  const store = await connect(`file:${temporaryFolder()}`);
  await store.pipeline((p) => {
    expect(Object.getOwnPropertyNames(p.constructor).sort()).toEqual(['length', 'name', 'prototype']);
    expect(Object.getOwnPropertyNames(Object.getPrototypeOf(p)).sort()).toEqual(['constructor', 'get']);
  });
  await store.close();
});

test('a server gets one request, whatever depends on what; with a cache none the second time', async () => {
  for (const cache of [undefined, temporaryFolder()]) {
    const { store, trips } = await served(cache === undefined ? {} : { cache });
    const { orders, customers, cities } = collections(store);
    const read = () =>
      store.pipeline((p) => {
        const customer = p.get(customers, p.get(orders, 17).field('customer'));
        return p.get(cities, customer.field('home'));
      });
    await read();
    // The first one asks for the codecs, and gives the collections their numbers.
    trips();
    expect(await read()).toEqual({ mayor: 'eve' });
    expect(trips()).toBe(cache === undefined ? 1 : 0);
  }
});

test('a large value comes alone, and what depends on it after it', async () => {
  const { store, trips } = await served();
  const { customers } = collections(store);
  const name = 'x'.repeat(300_000);
  await customers.put('ada', { name, home: null, friends: [{ id: 'eve' }] });
  const read = () =>
    store.pipeline((p) => {
      const ada = p.get(customers, 'ada');
      return [ada, p.get(customers, ada.field('friends').at(0).field('id'))] as const;
    });
  await read();
  trips();
  const [ada, eve] = await read();
  expect([ada?.name, eve?.name]).toEqual([name, 'Eve']);
  // PIPELINE, GET of the large value with its CREDIT, GET of the other one.
  expect(trips()).toBeLessThanOrEqual(5);
  // Of so many values, not all come in one answer.
  const items = store.collection('items', { key: uint32, value: utf8 });
  await items.put(0, '0');
  await store.batch(
    Array.from({ length: 20 }, (_, i) => {
      return { type: 'put', collection: 'items', key: i, value: `${i}${'y'.repeat(100_000)}` } as const;
    }),
  );
  const all = await store.pipeline((p) => Array.from({ length: 20 }, (_, i) => p.get(items, i)));
  expect(all.map((each) => Number.parseInt(each as string, 10))).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('the rights of a token hold for every step', async () => {
  const token = 'a token that may read some';
  const grants = [
    { collection: 'orders', read: true },
    { collection: 'customers', prefix: 'a', read: true },
  ];
  const { store } = await served({ token }, { tokens: [{ token, grants }] });
  const { orders, customers } = collections(store);
  const named = (id: number) =>
    store.pipeline((p) => {
      const found = p.get(orders, id);
      return p.get(customers, found.field('gift'));
    });
  expect(await store.pipeline((p) => p.get(customers, p.get(orders, 17).field('customer')))).toMatchObject({
    name: 'Ada',
  });
  expect((await rejection(named(18))).code).toBe('ERR_FORBIDDEN');
  expect((await rejection(store.pipeline((p) => p.get(customers, 'eve')))).code).toBe('ERR_FORBIDDEN');
  expect(await named(17)).toBeUndefined();
});
