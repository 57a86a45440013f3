import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const TOKEN = 'one and the same token';
const grantsOf = (prefixes: string) => [...prefixes].map((prefix) => ({ collection: 'items', prefix, read: true }));

/** A server whose token reads keys that begin with one of these letters. */
async function place() {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 1);
  items.put('b', 1);
  const folder = temporaryFolder();
  const address = `unix:${join(folder, 'socket')}`;
  let server: Server | undefined;
  const start = async (prefixes: string) => {
    await server?.close();
    server = await serve(env, { listen: address, tokens: [{ token: TOKEN, grants: grantsOf(prefixes) }] });
  };
  closing.push(() => server?.close({ timeout: 100 }));
  return { items, address, folder, start };
}

test.each([
  ['a cache in a folder', 'cache'],
  ['a shared cache', 'checkpoints:cache'],
  ['no cache', undefined],
])('a client whose rights change while its server is away reads nothing old, with %s', async (_, cache) => {
  const { items, address, folder, start } = await place();
  await start('ab');
  const at = cache?.replace('cache', join(folder, 'cache'));
  const store = await connect(address, { token: TOKEN, ...(at !== undefined && { cache: at }) });
  closing.push(() => store.close());
  const found = store.collection('items');
  const watch = found.watch();
  const changes: unknown[] = [];
  const watched = (async () => {
    for await (const { keys } of watch) changes.push(...(keys ?? []));
  })();
  watched.catch(() => {});
  expect(await found.getMany(['a', 'b'])).toEqual([1, 1]);
  expect(await found.getMany(['a', 'b'])).toEqual([1, 1]);
  const moveTo = async (prefixes: string) => {
    await start(prefixes);
    items.put('b', (items.get('b') as number) + 1);
    items.put('a', items.get('b') as number);
    await store.sync();
  };
  await moveTo('a');
  expect(await found.get('a')).toBe(2);
  // This one is not told any more what happens to b.
  expect((await rejection(found.get('b'))).code).toBe('ERR_FORBIDDEN');
  await moveTo('ab');
  expect(await found.getMany(['a', 'b'])).toEqual([3, 3]);
  await until(() => changes.includes('b'), 'the watch goes on');
  const { failure, errors } = store.counters() ?? {};
  expect([failure, errors ?? 0]).toEqual([undefined, 0]);
});

test('of two processes with one cache, both go on with it', async () => {
  const { items, address, folder, start } = await place();
  await start('ab');
  const options = { token: TOKEN, cache: join(folder, 'cache') };
  const stores = [await connect(address, options), await connect(address, options)] as const;
  for (const store of stores) closing.push(() => store.close());
  for (const store of stores) expect(await store.collection('items').get('b')).toBe(1);
  await start('b');
  items.put('b', 2);
  for (const store of stores) await store.sync();
  for (const store of stores) expect(await store.collection('items').get('b')).toBe(2);
  items.put('b', 3);
  for (const store of stores) await store.sync();
  for (const store of stores) expect(await store.collection('items').get('b')).toBe(3);
  for (const store of stores) expect(store.counters()?.failure).toBeUndefined();
});
