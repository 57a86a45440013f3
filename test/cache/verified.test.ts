import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CacheFile } from '../../lib/cache/cache-file.ts';
import { bootId, openFolder } from '../../lib/cache/cache-folder.ts';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { keyOf, textOf } from '../versions/engine/calls.ts';

test('what a client that is back was told has ended in the file, also for the next one that begins, which is told nothing of it', async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 13);
  const folder = temporaryFolder();
  const address = `unix:${join(folder, 'socket')}`;
  const server = await serve(env, { listen: address });
  const session = async (read: readonly string[]): Promise<unknown[]> => {
    const store = await connect(address, { cache: join(folder, 'cache') });
    const found = await store.collection('items').getMany(read);
    // More commits than that which has changed it.
    await store.collection<string, number>('items').put('other', store.tid);
    await store.close();
    return found;
  };
  expect(await session(['a'])).toEqual([13]);
  items.put('a', 42);
  // It does not read what has ended.
  await session([]);
  expect(await session(['a'])).toEqual([42]);
  await server.close();
});

test('a commit that another process has told the cache ends nothing that was stored since', () => {
  const path = temporaryFolder();
  const files = [0, 1].map(() => new CacheFile(openFolder(path, bootId()))) as [CacheFile, CacheFile];
  const [ahead, behind] = files;
  for (const file of files) file.start({ storeId: 'x', rights: '', tid: 1, nonce: 'first', reset: undefined });
  const key = { collection: 'items', key: keyOf('a') };
  ahead.store([{ ...key, tid: 1, next: undefined, bytes: keyOf('old') }], 1, true);
  const change = {
    tid: 2,
    nonce: 'second',
    time: 0,
    ids: [],
    changes: [{ collection: 'items', keys: [key.key], range: undefined, dropped: false }],
  };
  ahead.apply(change);
  ahead.store([{ ...key, tid: 2, next: undefined, bytes: keyOf('new') }], 2, true);
  behind.apply(change);
  for (const file of files)
    expect([textOf(file.find(key, 1)?.bytes), textOf(file.find(key, 2)?.bytes)]).toEqual(['old', 'new']);
  for (const file of files) file.close();
});

test('a cache may be larger than 4 GiB, and become larger', async () => {
  const env = openTemporary();
  env.collection('items', { key: utf8, value: json, versions: true }).put('a', 1);
  const folder = temporaryFolder();
  const server = await serve(env, { listen: `unix:${join(folder, 'socket')}` });
  for (const [round, cacheSize] of [2 ** 32 + 2 ** 20, 2 ** 33 + 2 ** 20].entries()) {
    const store = await connect(`unix:${join(folder, 'socket')}`, { cache: join(folder, 'cache'), cacheSize });
    expect(await store.collection('items').get('a')).toBe(1);
    expect(store.counters()).toMatchObject({ hits: round, evictions: 0, failure: undefined });
    await store.close();
  }
  await server.close();
});
