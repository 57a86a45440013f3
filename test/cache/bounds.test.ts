import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootId } from '../../lib/cache/cache-folder.ts';
import type { CachedEngine } from '../../lib/cache/cached-engine.ts';
import { open } from '../../lib/index.ts';
import { all, commit, loadAll, put, rowsOf, textOf } from '../versions/engine/calls.ts';
import { type CachedStore, cachedStore } from './cached.ts';

const SIZE = 2 ** 20;
const KEYS = Array.from({ length: 2000 }, (_, i) => `key ${String(i).padStart(5, '0')}`);

let store: CachedStore;
let engine: CachedEngine;
beforeEach(async () => {
  store = cachedStore('one');
  await store.makeCollection('items');
  engine = await store.openAt(store.cache, undefined, SIZE);
  // 2 MB in a cache of 1 MiB.
  await commit(engine, ...KEYS.map((key) => put(key, key.repeat(100))));
});
afterEach(() => store.close());

const read = async (keys: readonly string[]): Promise<void> => {
  for (const { key, bytes } of await loadAll(engine, keys, engine.processed())) {
    expect(textOf(bytes)).toBe(textOf(key)?.repeat(100));
  }
};

test('a cache stays below its size, and what is read again and again stays in it', async () => {
  const hot = KEYS.slice(0, 100);
  for (let i = 0; i < KEYS.length; i += 200) {
    await read(KEYS.slice(i, i + 200));
    await read(hot);
    // What was read a moment ago is still in memory.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { bytes, evictions, failure, hits } = engine.counters();
  expect([failure, bytes < 1.2 * SIZE, evictions > 500]).toEqual([undefined, true, true]);
  await read(hot);
  expect(engine.counters().hits - hits).toBe(100);
  expect(statSync(join(store.cache, bootId(), 'data.mdb')).size).toBeLessThan(4 * SIZE);
});

test('a range that is larger than the cache is read whole, again and again', async () => {
  for (let i = 0; i < 2; i++) {
    const rows = await rowsOf(engine, all, engine.processed(), 100_000);
    expect(rows.map(({ key }) => textOf(key))).toEqual(KEYS);
  }
  expect(engine.counters()).toMatchObject({ failure: undefined });
  expect(engine.counters().bytes).toBeLessThan(1.2 * SIZE);
});

test('on a full disk the store goes on without the cache', async () => {
  await engine.close();
  const small = open(join(store.cache, bootId()), { durability: 'nosync', mapSize: 2 ** 18 });
  engine = await store.openAt(store.cache, undefined, SIZE);
  await read(KEYS.slice(0, 600));
  await new Promise((resolve) => setTimeout(resolve, 20));
  await read(KEYS.slice(0, 600));
  expect((engine.counters().failure as { code?: string } | undefined)?.code).toBe('MDB_MAP_FULL');
  const tid = await commit(engine, put('key 00001', 'new'));
  expect((await loadAll(engine, ['key 00001'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['new']);
  small.close();
});
