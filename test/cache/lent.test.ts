import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootId } from '../../lib/cache/cache-folder.ts';
import { connect, type Store, type StoreCollection } from '../../lib/client/index.ts';
import { bytes, json, type Key, open, type Value } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

/** A hit gives memory of the cache's file, which the cache writes again. These tests hold values meanwhile, and compare all of their bytes. */

const SIZE = 2 ** 20;
const COUNT = 2000;
const LENGTH = 900;

let folder: string;
let env: ReturnType<typeof open>;
let server: Server;
let stores: Store[];
beforeEach(async () => {
  folder = temporaryFolder();
  env = open(folder, { durability: 'nosync' });
  env.collection('items', { key: bytes, value: bytes, versions: true });
  server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
  stores = [];
});
afterEach(async () => {
  for (const each of stores) await each.close();
  await server.close();
  env.close();
});

type Items = StoreCollection<Uint8Array, Uint8Array, Key, Value>;

async function connected(): Promise<{ store: Store; items: Items }> {
  const store = await connect(server.addresses[0] as string, { cache: join(folder, 'cache'), cacheSize: SIZE });
  stores.push(store);
  return { store, items: store.collection('items') as Items };
}

const keyOf = (i: number): Buffer => Buffer.from(`key ${String(i).padStart(5, '0')}`);
const textOf = (i: number, round: number): Buffer => Buffer.alloc(LENGTH, `${i} of ${round}, `);
/** What was read a moment ago is in memory: this waits until it is in the file. */
const written = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 15));

async function fill(store: Store, from: number, to: number, round: number): Promise<void> {
  const collection = 'items';
  await store.batch(
    Array.from({ length: to - from }, (_, i) => {
      const put = { type: 'put', collection, key: keyOf(from + i), value: textOf(from + i, round) } as const;
      return put;
    }),
  );
}

/** Reads a key until it is a hit: another process may have written. */
async function hit(items: Items, i: number): Promise<Value> {
  for (;;) {
    const value = (await items.get(keyOf(i))) as Value;
    if (value.state === 'shared') return value;
    await written();
  }
}

test('values that a program holds stay as they were, whatever commits change and the cache writes over', async () => {
  const { store, items } = await connected();
  const other = await connect(server.addresses[0] as string);
  stores.push(other);
  await fill(other, 0, COUNT, 0);
  await store.sync();
  const held: { value: Value; expected: Buffer }[] = [];
  for (let round = 0; round < 6; round++) {
    for (let i = round; i < 600; i += 150) {
      await items.get(keyOf(i));
      await written();
      const value = await hit(items, i);
      held.push({ value, expected: Buffer.from(value.toBuffer()) });
      expect(value.toBuffer()).toEqual(textOf(i, round));
    }
    // The states of these keys end. 1.8 MB of others come, and leave, in a cache of 1 MiB.
    await fill(other, 0, 600, round + 1);
    await store.sync();
    for (let i = 0; i < COUNT; i += 100) await items.getMany(Array.from({ length: 100 }, (_, k) => keyOf(i + k)));
    await written();
    for (const { value, expected } of held) expect(value.equals(expected)).toBe(true);
  }
  const { evictions, failure } = store.counters() as { evictions: number; failure: Error | undefined };
  expect([failure, evictions > 1000]).toEqual([undefined, true]);
  // Snapshots of the cache that were kept for these values would make the file grow by more than 1 MiB in each round.
  expect(statSync(join(folder, 'cache', bootId(), 'data.mdb')).size).toBeLessThan(6 * SIZE);
  await store.close();
  expect(new Set(held.map(({ value }) => value.state))).toEqual(new Set(['copied']));
  for (const { value, expected } of held) expect(value.equals(expected)).toBe(true);
});

test('a hit lends a value of any size, and copies nothing before it must', async () => {
  const { store, items } = await connected();
  const large = Buffer.alloc(80_000, 'large');
  for (const [i, value] of [Buffer.alloc(0), Buffer.from('x'), large].entries()) await items.put(keyOf(i), value);
  for (let i = 0; i < 3; i++) await items.get(keyOf(i));
  await written();
  const [empty, small, big] = [await hit(items, 0), await hit(items, 1), await hit(items, 2)];
  expect([empty.byteLength, small.toString(), big.byteLength]).toEqual([0, 'x', 80_000]);
  const buffer = big.asBuffer();
  expect(buffer.equals(large)).toBe(true);
  expect([await items.version(keyOf(2)), await items.has(keyOf(9)), await items.has(keyOf(9))]).toEqual([
    3,
    false,
    false,
  ]);
  const [again] = await items.getMany([keyOf(2)]);
  expect([again?.state, again?.equals(large)]).toEqual(['shared', true]);
  await items.put(keyOf(2), Buffer.from('other'));
  await store.close();
  expect([empty, small, big].map(({ state }) => state)).toEqual(['copied', 'copied', 'copied']);
  expect([empty.byteLength, small.toString(), big.equals(large), buffer.equals(large)]).toEqual([0, 'x', true, true]);
});

test('transactions, pipelines and views of a store read what the cache lends', async () => {
  const { store } = await connected();
  const docs = store.collection<Uint8Array, unknown>('docs', { key: bytes, value: json } as never);
  await docs.put(keyOf(1), { next: 2 });
  await docs.get(keyOf(1));
  await written();
  await docs.get(keyOf(1));
  expect(await store.pipeline((p) => p.get(docs, keyOf(1)))).toEqual({ next: 2 });
  expect(
    await store.transact(async (txn) => [await txn.collection(docs).get(keyOf(1)), await docs.has(keyOf(7), txn)]),
  ).toEqual([{ next: 2 }, false]);
  await using view = await store.snapshot();
  await docs.put(keyOf(1), { next: 3 });
  expect([await docs.get(keyOf(1), view), await docs.get(keyOf(1))]).toEqual([{ next: 2 }, { next: 3 }]);
});

test('a record of the file that is cut short is not read', async () => {
  const { store, items } = await connected();
  await items.put(keyOf(1), Buffer.from('value'));
  await items.get(keyOf(1));
  await written();
  await hit(items, 1);
  const cache = open(join(folder, 'cache', bootId()), { durability: 'nosync' });
  const states = cache.collection('c.states', { key: bytes, value: bytes });
  const [at] = cache.read(() =>
    states
      .range()
      .map(({ key }) => key.toBuffer())
      .toArray(),
  );
  // Of commit 1, until long after now, and without the last byte of the head.
  states.put(at as Buffer, Buffer.from('000000000000000100000000ffffff', 'hex'));
  cache.close();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect((await items.get(keyOf(1)))?.toString()).toBe('value');
  expect(store.counters()?.failure).toBeUndefined();
});
