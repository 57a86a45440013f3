import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { bytes, json, type Key, utf8, type Value } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

/** What a server answers in native code must be what it answers key by key. */

const env = openTemporary();
const rows = env.collection('rows', { key: utf8, value: bytes, versions: true });
const TOKEN = 'a token of some length';
const servers: Server[] = [];
let store: Store;
/** Its rights name a prefix, so that it is answered key by key. */
let limited: Store;

beforeAll(async () => {
  const listen = `unix:${join(temporaryFolder(), 'socket')}`;
  const grants = [{ collection: 'rows', prefix: 'k', write: true }];
  servers.push(await serve(env, { listen }));
  const other = await serve(env, { listen: 'tcp://127.0.0.1:0', tokens: [{ token: TOKEN, grants }] });
  servers.push(other);
  store = await connect(listen);
  limited = await connect(other.addresses[0] as string, { token: TOKEN });
});

afterAll(async () => {
  await store.close();
  await limited.close();
  for (const server of servers) await server.close();
});

const textOf = (i: number): string => `k${String(i).padStart(5, '0')}`;
const contentOf = (i: number, length: number): Buffer => Buffer.alloc(length, textOf(i));

beforeEach(() => rows.clear());

type Found = [key: string, version: number, value: string | undefined];

async function each(from: Store, keys: readonly string[]): Promise<Found[]> {
  const collection = from.collection<string, Uint8Array, string, Value>('rows');
  return Promise.all(
    keys.map(async (key): Promise<Found> => {
      const [version, value] = await Promise.all([collection.version(key), collection.get(key)]);
      return [key, version, value?.toString()];
    }),
  );
}

test('gets that come together: keys that are there, absent, empty and large, and those whose frames are cut', async () => {
  const lengths = [0, 1, 2, 3, 4, 100, 16_384, 16_385, 70_000, 300_000];
  for (let i = 0; i < 40; i++) rows.put(textOf(2 * i), contentOf(i, lengths[i % lengths.length] as number));
  await store.sync();
  await limited.sync();
  const keys = Array.from({ length: 80 }, (_, i) => textOf(i));
  const found = await each(store, keys);
  expect(found).toEqual(await each(limited, keys));
  for (const [i, [, version, value]] of found.entries()) {
    expect(version > 0).toBe(i % 2 === 0);
    expect(value).toBe(
      i % 2 === 0 ? contentOf(i / 2, lengths[(i / 2) % lengths.length] as number).toString() : undefined,
    );
  }
  const collection = store.collection<string, Uint8Array, string, Value>('rows');
  const many = await collection.getMany(keys);
  expect(many.map((value) => value?.toString())).toEqual(found.map(([, , value]) => value));
});

test('gets as of a commit that is not the newest one any more', async () => {
  rows.put('k', contentOf(1, 50));
  await store.sync();
  const view = await store.snapshot();
  const before = view.collection<string, string, Value>('rows');
  for (let i = 2; i < 10; i++) {
    rows.put('k', contentOf(i, 50));
    rows.put(textOf(i), contentOf(i, 10));
    await store.sync();
    const now = store.collection<string, Uint8Array, string, Value>('rows');
    const [old, absent, newest, [first, second] = []] = await Promise.all([
      before.get('k'),
      before.get(textOf(i)),
      now.get('k'),
      before.getMany(['k', textOf(i)]),
    ]);
    expect([old, absent, newest, first, second].map((value) => value?.toString())).toEqual([
      contentOf(1, 50).toString(),
      undefined,
      contentOf(i, 50).toString(),
      contentOf(1, 50).toString(),
      undefined,
    ]);
  }
  view.close();
});

test('a collection that is made after it was asked for, dropped, and made again', async () => {
  const late = store.collection<string, Uint8Array, string, Value>('late', { key: utf8, value: bytes });
  const text = async (): Promise<string | undefined> => (await late.get('k'))?.toString();
  expect(await text()).toBe(undefined);
  await late.put('k', Buffer.from('one'));
  expect(await text()).toBe('one');
  env.collection('late', { key: utf8, value: bytes, versions: true }).drop();
  await store.sync();
  expect(await text()).toBe(undefined);
  env.collection('late', { key: utf8, value: bytes, versions: true }).put('k', Buffer.from('two'));
  await store.sync();
  expect(await text()).toBe('two');
});

test('rows of a range, in both directions, with values that are too large to come with the others', async () => {
  const length = (i: number): number => (i % 7 === 3 ? 270_000 : i % 5 === 0 ? 0 : i);
  for (let i = 0; i < 60; i++) rows.put(textOf(i), contentOf(i, length(i)));
  await store.sync();
  const collection = store.collection<string, Uint8Array, Key, Value>('rows');
  for (const reverse of [false, true]) {
    const expected = Array.from({ length: 60 }, (_, i) => (reverse ? 59 - i : i));
    const held = [];
    for await (const entry of collection.range({ reverse })) held.push(entry);
    // What is held stays as it is after the memory into which it was received was used for others.
    await collection.getMany(expected.map(textOf));
    expect(held.map(({ key }) => String(key))).toEqual(expected.map(textOf));
    expect(held.map(({ version }) => version)).toEqual(expected.map((i) => rows.version(textOf(i))));
    held.forEach(({ value }, i) => {
      const row = expected[i] as number;
      expect(value.equals(contentOf(row, length(row)))).toBe(true);
    });
    const scanned: string[] = [];
    await collection.scan({ reverse, offset: 5, limit: 20 }, ({ key }) => void scanned.push(String(key)));
    expect(scanned).toEqual(expected.slice(5, 25).map(textOf));
  }
});

test('a large value comes whole while others replace it', async () => {
  const size = 8 * 2 ** 20;
  rows.put('k', contentOf(0, size));
  await store.sync();
  const collection = store.collection<string, Uint8Array, string, Value>('rows');
  const asked = collection.get('k');
  for (let i = 1; i < 6; i++) {
    rows.put('k', contentOf(i, size));
    await store.sync();
  }
  const value = (await asked) as Value;
  expect(value.equals(contentOf(0, size))).toBe(true);
});

test('mistakes of a client are told to the client, and not to the program that serves', async () => {
  const env = openTemporary();
  env.collection('items', { key: utf8, value: json, versions: true }).put('a', 1);
  const told: Error[] = [];
  const grants = [
    { collection: 'items', read: true },
    { collection: 'items', prefix: 'own', write: true },
  ];
  const server = await serve(env, {
    listen: 'tcp://127.0.0.1:0',
    tokens: [{ token: 'of a client of the test', grants }],
    onError: (error) => void told.push(error),
  });
  const store = await connect(server.addresses[0] as string, { token: 'of a client of the test' });
  const items = store.collection<string, number>('items');
  const mistakes = [
    store.collection('none').get('a'),
    items.put('a', 2),
    items.get('k'.repeat(1000)),
    store.transact(
      async (txn) => {
        await items.put('own', 1);
        await txn.collection('items').get('own');
        await items.put('own', 2);
        await txn.collection('items').put('own', 3);
      },
      { retries: 0 },
    ),
    items.watch({ after: 1_000_000 }).next(),
  ];
  const codes = await Promise.all(
    mistakes.map((each) =>
      each.then(
        () => 'none',
        ({ code }) => code,
      ),
    ),
  );
  expect(codes).toEqual(['ERR_FORBIDDEN', 'ERR_FORBIDDEN', 'ERR_KEY_SIZE', 'ERR_CONFLICT', 'ERR_SNAPSHOT_LOST']);
  expect(told).toEqual([]);
  expect(store.state).toBe('connected');
  await store.close();
  await server.close();
});
