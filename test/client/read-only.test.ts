import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';

const stores: Store[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const each of stores.splice(0)) await each.close();
  for (const each of servers.splice(0)) await each.close();
});

const env = openTemporary();
const items = env.collection('items', { key: utf8, value: json, versions: true });
items.put('first', 1);
const folder = temporaryFolder();
const [reads, writes, none] = ['reads', 'writes', 'none'].map((name) => `unix:${join(folder, name)}`) as [
  string,
  string,
  string,
];

async function start(listen: string, readOnly: boolean): Promise<void> {
  servers.push(await serve(env, { listen, readOnly }));
}

async function store(address: string | readonly string[]): Promise<Store> {
  const opened = await connect(address);
  stores.push(opened);
  return opened;
}

test('of several servers, one that writes is used, wherever it stands', async () => {
  await start(reads, true);
  await start(writes, false);
  for (const addresses of [
    [reads, writes],
    [writes, reads],
    [none, reads, writes],
  ]) {
    const opened = await store(addresses);
    expect(opened.readOnly).toBe(false);
    await opened.collection('items').put('by', addresses.length);
  }
});

test('a server that only reads is used while there is no other one', async () => {
  await start(reads, true);
  const opened = await store([none, reads]);
  const found = opened.collection<string, number>('items');
  expect([opened.readOnly, await found.get('first')]).toEqual([true, 1]);
  const error = await rejection(found.put('second', 2));
  expect(error.code).toBe('ERR_READ_ONLY');
  expect((await store(reads)).readOnly).toBe(true);
});

test('once a server that writes is there, the client moves to it, and misses nothing', async () => {
  await start(reads, true);
  const opened = await store([reads, writes]);
  const found = opened.collection<string, number>('items');
  const seen: number[] = [];
  const watched = found.watch();
  const watching = (async () => {
    for await (const { keys } of watched) {
      for (const key of keys ?? []) seen.push(Number(key));
      if (seen.length === 40) return;
    }
  })();
  await opened.sync();
  for (let i = 0; i < 20; i++) items.put(String(i), i);
  expect(opened.readOnly).toBe(true);
  await start(writes, false);
  const view = await opened.snapshot({ sync: true });
  await until(() => !opened.readOnly, 'the client has found it');
  expect(opened.state).toBe('connected');
  for (let i = 20; i < 40; i++) await found.put(String(i), i);
  await watching;
  expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect([await view.collection('items').get('19'), await view.collection('items').get('20')]).toEqual([19, undefined]);
  await view.close();
});

test('a server that comes back to read only refuses writes until it writes again; reads, watches and views go on', async () => {
  await start(writes, false);
  const opened = await store(writes);
  const found = opened.collection<string, number>('items');
  const watch = found.watch();
  for (const readOnly of [true, false, true, false]) {
    await servers.pop()?.close();
    await until(() => opened.state === 'disconnected', 'the client notices');
    const waiting = found.get('first');
    items.put('while it was away', readOnly ? 1 : 2);
    await start(writes, readOnly);
    expect(await waiting).toBe(1);
    let keys: readonly string[] | undefined = [];
    while (keys?.[0] !== 'while it was away') keys = (await watch.next()).value?.keys;
    expect(opened.readOnly).toBe(readOnly);
    const attempts = [found.put('own', 1), opened.transact((txn) => txn.collection('items').put('own', 2))];
    const codes = await Promise.all(
      attempts.map((each) =>
        each.then(
          () => 'written',
          ({ code }) => code,
        ),
      ),
    );
    expect(codes).toEqual(codes.map(() => (readOnly ? 'ERR_READ_ONLY' : 'written')));
    await using view = await opened.snapshot({ sync: true });
    expect(await view.collection('items').get('while it was away')).toBe(readOnly ? 1 : 2);
  }
});

test('a server that takes connections and does nothing more is not asked again before the others', async () => {
  const broken = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => broken.listen(none.slice('unix:'.length), resolve));
  await start(writes, false);
  expect(await (await store([none, writes])).collection('items').get('first')).toBe(1);
  broken.close();
});
