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

/** What was read a moment ago is in memory: this waits until it is in the file. */
const written = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('an object that is larger than the cache is read whole each time, and pushes nothing out', async () => {
  const hot = KEYS.slice(0, 50);
  for (let i = 0; i < 3; i++) await read(hot);
  await written();
  const large = 'x'.repeat(3 * SIZE);
  const tid = await commit(engine, put('large', large));
  for (let i = 0; i < 3; i++) {
    const [state] = await loadAll(engine, ['large'], tid);
    expect(textOf(state?.bytes) === large).toBe(true);
    await written();
  }
  const { hits, bytes, failure } = engine.counters();
  expect([failure, bytes < 1.2 * SIZE]).toEqual([undefined, true]);
  await read(hot);
  expect(engine.counters().hits - hits).toBe(50);
});

test('a cache that is opened with another size shrinks to it, or has room for more, and keeps what it has', async () => {
  const reopened = async (size: number): Promise<void> => {
    await engine.close();
    engine = await store.openAt(store.cache, undefined, size);
  };
  await reopened(4 * SIZE);
  await read(KEYS);
  await reopened(4 * SIZE);
  await read(KEYS);
  expect(engine.counters()).toMatchObject({ hits: KEYS.length, misses: 0, evictions: 0 });
  await reopened(SIZE);
  for (let i = 0; i < KEYS.length; i += 200) {
    await read(KEYS.slice(i, i + 200));
    await commit(engine, put('other', String(i).repeat(1000)));
    await loadAll(engine, ['other'], engine.processed());
    await written();
  }
  const { bytes, hits, failure } = engine.counters();
  expect([failure, bytes < 1.2 * SIZE, hits > 200]).toEqual([undefined, true, true]);
});

test('a commit that meets a conflict, or that the server refuses, changes nothing of what is cached', async () => {
  const before = engine.processed();
  const tid = await commit(engine, put('a', 'new'));
  expect((await loadAll(engine, ['a'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['new']);
  const request = (base: number, bytes: Buffer) => ({
    commitId: Buffer.from(`${base} ${bytes.length}`.padEnd(16)),
    base,
    reads: [{ collection: 'items', key: Buffer.from('a'), tid: before }],
    ranges: [],
    writes: [{ collection: 'items', key: Buffer.from('a'), bytes }],
  });
  expect(await engine.commit(request(before, Buffer.from('lost')))).toHaveLength(1);
  const refused = await engine.commit(request(tid, Buffer.alloc(65 * 2 ** 20))).catch((error) => error.code);
  expect(refused).toBe('ERR_VALUE_SIZE');
  const { hits } = engine.counters();
  expect((await loadAll(engine, ['a'], tid)).map(({ bytes }) => textOf(bytes))).toEqual(['new']);
  expect([engine.counters().hits - hits, engine.processed()]).toEqual([1, tid]);
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
