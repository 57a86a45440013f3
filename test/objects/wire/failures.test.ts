import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../../lib/client/index.ts';
import { open } from '../../../lib/index.ts';
import { idOf, OpaqueObject, type RemoteStore } from '../../../lib/objects/index.ts';
import { serve } from '../../../lib/server/index.ts';
import { WaitingChild } from '../../support/child.ts';
import { codeOf, openTemporary, rejection, temporaryFolder } from '../../support/fixture.ts';
import { isLong } from '../../support/long.ts';
import { type Any, openStore, PersistentMap, Product } from './places.ts';

/** What becomes of objects when the server is away, or knows what the client does not. */

type Root = Record<string, Any>;

/** Serves a folder, and stores what it is told to. */
const SERVER = `
const { serve } = await import(library + '/dist/server.js');
const { createInterface } = await import('node:readline');
const env = open(args.folder, { durability: 'nosync' });
const server = await serve(env, { listen: args.address });
tell('ready');
for await (const line of createInterface(process.stdin)) {
  if (line !== 'store') continue;
  const o = await import(library + '/dist/objects.js');
  const Foreign = o.persistent('wire.Foreign', { name: o.t.utf8, friend: o.ref(() => Foreign).optional() })(class {});
  const store = o.openStore(env);
  store.write(() => {
    const friend = new Foreign({ name: 'friend' });
    store.root.foreign = new Foreign({ name: 'foreign', friend });
  });
  tell('stored');
}
await server.close();
env.close();
`;

const children: WaitingChild[] = [];
const stores: Store[] = [];
const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  for (const each of children.splice(0)) await each.kill();
  for (const each of closings.splice(0)) await each();
});

async function child(folder: string, address: string): Promise<WaitingChild> {
  const started = new WaitingChild(SERVER, { folder, address });
  children.push(started);
  expect(await started.next()).toBe('ready');
  return started;
}

async function served(options: object = {}): Promise<{ folder: string; address: string; objects: RemoteStore<Root> }> {
  const folder = temporaryFolder();
  const address = `unix:${join(folder, 'socket')}`;
  await child(folder, address);
  const store = await connect(address, options);
  stores.push(store);
  return { folder, address, objects: await openStore<Root>(store, { classes: [Product] }) };
}

test('an object of a class that the program does not know is opaque, also if the class is newer than the connection', async () => {
  const { objects } = await served();
  children[0]?.send('store');
  expect(await children[0]?.next()).toBe('stored');
  await stores[0]?.sync();
  const [name, friend] = await objects.read(({ root }) => [root.foreign.name, root.foreign.friend.name]);
  expect([name, friend]).toEqual(['foreign', 'friend']);
  const { foreign } = await objects.load(objects.root, { foreign: { friend: true } });
  expect(foreign).toBeInstanceOf(OpaqueObject);
  expect((foreign as Any).className).toBe('wire.Foreign');
  expect(foreign.friend.name).toBe('friend');
  await objects.transact((txn) => {
    txn.root.map = new PersistentMap([['f', txn.root.foreign.friend]]);
    delete txn.root.foreign;
  });
  expect(await objects.read(({ root }) => [root.map.get('f').name, root.foreign])).toEqual(['friend', undefined]);
});

test('a server that is killed in the middle of a transaction, and comes back: it is committed once', async () => {
  const { folder, address, objects } = await served();
  await objects.transact((txn) => {
    txn.root.count = 0;
    txn.root.product = new Product({ name: 'tea', price: 1 });
  });
  let isKilled = false;
  const price = await objects.transact(async (txn) => {
    const { product, count } = txn.root;
    if (!isKilled) {
      isKilled = true;
      await children[0]?.kill();
      await child(folder, address);
    }
    txn.root.count = count + 1;
    product.price += 1;
    return product.price;
  });
  expect(price).toBe(2);
  expect(await objects.read(({ root }) => [root.count, root.product.price])).toEqual([1, 2]);
});

test('a server that is killed and stays away: ERR_DISCONNECTED, drafts are as before, and nothing is stored', async () => {
  const { folder, objects } = await served({ timeout: 500 });
  await objects.transact((txn) => {
    txn.root.count = 1;
  });
  const product = new Product({ name: 'new', price: 1 });
  const error = await rejection(
    objects.transact(async (txn) => {
      txn.root.count += 1;
      txn.root.product = product;
      await children[0]?.kill();
    }),
  );
  expect(error.code).toBe('ERR_DISCONNECTED');
  expect(idOf(product)).toBeUndefined();
  product.price = 3;
  expect(product.price).toBe(3);
  await stores.pop()?.close();
  const env = open(folder);
  closings.push(() => env.close());
  const { root } = openStore<Root>(env);
  expect([root.count, root.product]).toEqual([1, undefined]);
});

test('when the store is closed, or the connection, what is here cannot be read any more', async () => {
  const { objects } = await served();
  await objects.transact((txn) => {
    txn.root.product = new Product({ name: 'tea', price: 1 });
  });
  const { product } = await objects.load(objects.root, { product: true });
  expect(product.price).toBe(1);
  const watch = objects.watch(objects.root);
  const next = watch.next();
  const another = await openStore<Root>(stores[0] as Store);
  another.close();
  expect(codeOf(() => another.root)).toBe('ERR_ENV_CLOSED');
  expect(product.price).toBe(1);
  await stores.pop()?.close();
  expect(await next).toEqual({ done: true, value: undefined });
  expect(codeOf(() => product.price)).toBe('ERR_ENV_CLOSED');
  expect(codeOf(() => objects.root)).toBe('ERR_ENV_CLOSED');
  expect((await rejection(objects.transact(() => 1))).code).toBe('ERR_ENV_CLOSED');
  expect((await rejection(objects.read(() => 1))).code).toBe('ERR_ENV_CLOSED');
  expect((await rejection(objects.load(1))).code).toBe('ERR_ENV_CLOSED');
});

test('signal ends a transaction, also while its function waits', async () => {
  const { objects } = await served();
  const controller = new AbortController();
  const error = await rejection(
    objects.transact(
      async (txn) => {
        txn.root.count = 1;
        controller.abort();
        await new Promise(() => {});
      },
      { signal: controller.signal },
    ),
  );
  expect(error.code).toBe('ABORT_ERR');
  expect(await objects.read(({ root }) => root.count)).toBeUndefined();
});

test('a token without rights, or a server that only reads, is told so', async () => {
  const env = openTemporary();
  const tokens = [
    { token: 'x'.repeat(20), grants: [{ collection: '*', write: true }] },
    { token: 'r'.repeat(20), grants: [{ collection: '*', read: true }] },
    { token: 'n'.repeat(20), grants: [{ collection: 'cities', write: true }] },
  ];
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', tokens });
  closings.push(() => server.close());
  const as = async (letter: string): Promise<Store> => {
    const store = await connect(server.addresses[0] as string, { token: letter.repeat(20) });
    stores.push(store);
    return store;
  };
  // It is not there, and a reader must not make it.
  expect((await rejection(openStore(await as('r')))).code).toBe('ERR_NO_COLLECTION');
  expect((await rejection(openStore(await as('n')))).code).toBe('ERR_FORBIDDEN');
  const objects = await openStore<Root>(await as('x'));
  await objects.transact((txn) => {
    txn.root.product = new Product({ name: 'tea', price: 1 });
  });
  const reader = await openStore<Root>(await as('r'));
  expect(await reader.read(({ root }) => root.product.price)).toBe(1);
  const write = reader.transact((txn) => {
    txn.root.product.price = 2;
  });
  expect((await rejection(write)).code).toBe('ERR_FORBIDDEN');
  expect(await reader.read(({ root }) => root.product.price)).toBe(1);
});

test('what is no store, and options that are none, are refused', async () => {
  const { objects } = await served();
  const store = stores[0] as Store;
  for (const wrong of [{}, 1, null, { ...store }, objects]) {
    expect(codeOf(() => openStore(wrong as never))).toBe('ERR_INVALID_ARG_TYPE');
  }
  expect((await rejection(openStore(store, { durability: 'sync' } as never))).code).toBe('ERR_INVALID_ARG_VALUE');
  expect((await rejection(openStore(store, { classes: [class {}] }))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect((await rejection(objects.load(objects.root, { a: 1 } as never))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect((await rejection(objects.load({} as never))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect((await rejection(objects.load(new Product({ name: '', price: 1 })))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect((await rejection(objects.transact(1 as never))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect((await rejection(objects.transact(() => 1, { isolation: 'snapshot' }))).code).toBe('ERR_INVALID_ARG_VALUE');
  expect((await rejection(objects.transact(() => 1, { wrong: 1 } as never))).code).toBe('ERR_INVALID_ARG_VALUE');
  expect((await rejection(objects.read(1 as never))).code).toBe('ERR_INVALID_ARG_TYPE');
  expect(codeOf(() => objects.watch({} as never))).toBe('ERR_INVALID_ARG_TYPE');
});

test('a function that asks for something else in each run ends with an error', async () => {
  const store = await connect(`file:${temporaryFolder()}`);
  stores.push(store);
  const objects = await openStore<Root>(store, { classes: [Product] });
  await objects.transact((txn) => {
    txn.root['map'] = new PersistentMap();
  });
  let key = 0;
  const missing = ({ root }: { root: Root }): unknown => root['map'].get(key++);
  expect((await rejection(objects.read(missing))).code).toBe('ERR_NOT_LOADED');
  expect(key).toBe(10_000);
  if (isLong) expect((await rejection(objects.transact(missing))).code).toBe('ERR_NOT_LOADED');
  await objects.transact((txn) => void txn.root['map'].set(key, 'later'));
  expect(await objects.read((view) => view.root['map'].get(key))).toBe('later');
});
