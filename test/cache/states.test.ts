import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CacheFile } from '../../lib/cache/cache-file.ts';
import { bootId, openFolder } from '../../lib/cache/cache-folder.ts';
import { CACHE_FORMAT } from '../../lib/cache/cache-meta.ts';
import type { CachedEngine } from '../../lib/cache/cached-engine.ts';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import type { Change, Loaded, StateKey } from '../../lib/versions/engine/engine.ts';
import { codeOf, rejection, temporaryFolder } from '../support/fixture.ts';
import { commit, del, keyOf, loadAll, put, textOf } from '../versions/engine/calls.ts';
import { reach } from '../versions/engine/two-objects.mjs';
import { type CachedStore, cachedStore } from './cached.ts';

let store: CachedStore;
let engine: CachedEngine;
beforeEach(async () => {
  store = cachedStore('one');
  await store.makeCollection('items');
  engine = (await store.open()) as CachedEngine;
});
afterEach(() => store.close());

const texts = async (of: CachedEngine, ...keys: string[]) =>
  (await loadAll(of, keys, of.processed())).map(({ bytes }) => textOf(bytes));
/** What a cache answers without a trip; 'miss' for what it would ask. */
function hit(of: CachedEngine, key: string, at = of.processed()): string | undefined {
  const { hits } = of.counters();
  let found: Loaded | undefined;
  void Promise.resolve(of.load([{ collection: 'items', key: keyOf(key) }], at, (state) => (found = state))).catch(
    () => {},
  );
  return of.counters().hits > hits ? textOf(found?.bytes) : 'miss';
}

test('what was read once is read without a trip, absent keys too, until somebody changes it', async () => {
  await commit(engine, put('a', '1'));
  expect(hit(engine, 'a')).toBe('miss');
  expect(await texts(engine, 'a', 'none')).toEqual(['1', undefined]);
  expect([hit(engine, 'a'), hit(engine, 'none')]).toEqual(['1', undefined]);
  expect(engine.counters()).toMatchObject({ absentHits: 1, failure: undefined });
  const before = engine.processed();
  await commit(engine, put('a', '2'), put('none', 'x'));
  expect([hit(engine, 'a'), hit(engine, 'none')]).toEqual(['miss', 'miss']);
  // As of the commit before, they are what they were.
  expect([hit(engine, 'a', before), hit(engine, 'none', before)]).toEqual(['1', undefined]);
  expect(await texts(engine, 'a')).toEqual(['2']);
  expect([hit(engine, 'a', before), hit(engine, 'a')]).toEqual(['1', '2']);
});

test('a cache is there after a restart, and is told what it has missed', async () => {
  await commit(engine, put('a', '1'), put('b', '1'), put('c', '1'));
  await texts(engine, 'a', 'b', 'c');
  const seen = engine.processed();
  await engine.close();
  const other = (await store.openAt(join(store.path, 'elsewhere'))) as CachedEngine;
  await commit(other, put('a', '2'));
  await commit(other, del('b'));
  engine = (await store.open()) as CachedEngine;
  expect(engine.processed()).toBe(seen + 2);
  expect([hit(engine, 'a'), hit(engine, 'b'), hit(engine, 'c')]).toEqual(['miss', 'miss', '1']);
  expect([hit(engine, 'a', seen), hit(engine, 'b', seen)]).toEqual(['1', '1']);
});

test('one process reads what another one of the host has read', async () => {
  const other = (await store.open()) as CachedEngine;
  const tid = await commit(engine, put('a', '1'));
  await reach(other, tid);
  await texts(engine, 'a');
  // Closing writes what is not in the file yet.
  await engine.close();
  expect(hit(other, 'a')).toBe('1');
});

test('a range that is cleared ends all states in it', async () => {
  await commit(engine, put('a', '1'), put('b', '1'));
  await texts(engine, 'a', 'b', 'none');
  await store.clearCollection('items');
  await reach(engine, engine.processed() + 1);
  expect([hit(engine, 'a'), hit(engine, 'b'), hit(engine, 'none')]).toEqual(['miss', 'miss', 'miss']);
  expect(await texts(engine, 'a')).toEqual([undefined]);
});

test('if the server does not know what was missed, states that were open are read again, and those with an end stay', async () => {
  await store.close();
  store = cachedStore('one', {}, { changes: { count: 3 } });
  await store.makeCollection('items');
  engine = (await store.open()) as CachedEngine;
  const first = await commit(engine, put('a', '1'), put('b', '1'));
  await texts(engine, 'a', 'b');
  const second = await commit(engine, put('a', '2'));
  await engine.close();
  const other = await store.openAt(join(store.path, 'elsewhere'));
  for (let i = 0; i < 50; i++) await commit(other, put('b', `${i}`));
  engine = (await store.open()) as CachedEngine;
  expect(engine.processed()).toBe(second + 50);
  expect([hit(engine, 'a'), hit(engine, 'b'), hit(engine, 'b', second)]).toEqual(['miss', 'miss', 'miss']);
  expect(hit(engine, 'a', first)).toBe('1');
  expect(await texts(engine, 'a', 'b')).toEqual(['2', '49']);
});

test('if the store has another history than the cache, everything is dropped', async () => {
  await commit(engine, put('a', '1'));
  const tid = await commit(engine, put('b', '1'));
  await texts(engine, 'a', 'b');
  await engine.close();
  const other = cachedStore('each');
  await other.makeCollection('items');
  for (const key of ['x', 'y', 'z']) other.env.collection('items').put(keyOf(key) as never, keyOf('other') as never);
  const moved = (await other.openAt(store.cache)) as CachedEngine;
  expect(moved.processed()).toBe(3);
  expect([hit(moved, 'a', 2), hit(moved, 'b', tid), hit(moved, 'x')]).toEqual(['miss', 'miss', 'miss']);
  expect(await texts(moved, 'a', 'x')).toEqual([undefined, 'other']);
  await other.close();
});

test('clients that may see different things do not share what they have read', async () => {
  await store.close();
  const tokens = [
    { token: 'of one who reads a', grants: [{ collection: 'items', prefix: 'a', read: true }] },
    { token: 'of one who reads all', grants: [{ collection: '*', read: true }] },
  ];
  store = cachedStore('one', { tokens });
  await store.makeCollection('items');
  store.env.collection('items').put(keyOf('b') as never, keyOf('1') as never);
  const all = await store.openAt(store.cache, tokens[1]?.token);
  await texts(all, 'b');
  await all.close();
  // This one is not told what happens to b.
  const some = await store.openAt(store.cache, tokens[0]?.token);
  store.env.collection('items').put(keyOf('b') as never, keyOf('2') as never);
  await reach(some, some.processed() + 1);
  expect((await rejection(loadAll(some, ['b'], some.processed()))).code).toBe('ERR_FORBIDDEN');
  await some.close();
  const again = await store.openAt(store.cache, tokens[1]?.token);
  expect(await texts(again, 'b')).toEqual(['2']);
});

test('what one has asked is not asked again by those who come meanwhile', async () => {
  await commit(engine, put('a', '1'));
  const { misses } = engine.counters();
  const all = await Promise.all(Array.from({ length: 10 }, () => texts(engine, 'a')));
  expect(all.flat()).toEqual(Array.from({ length: 10 }, () => '1'));
  expect(engine.counters().misses).toBe(misses + 1);
});

test('a cache that fails is not used any more, and the store goes on', async () => {
  await commit(engine, put('a', '1'));
  await texts(engine, 'a');
  await engine.close();
  engine = (await store.open()) as CachedEngine;
  const other = openFolder(store.cache);
  // Somebody has dropped it.
  other.env.collection('c.meta').clear();
  other.env.close();
  other.isWhole();
  await commit(engine, put('a', '2'));
  expect(engine.counters().failure?.message).toContain('was dropped by another process');
  expect(await texts(engine, 'a')).toEqual(['2']);
  expect(hit(engine, 'a')).toBe('miss');
});

test('after a start of the system, a folder that was not closed is dropped, and one that was closed is used', () => {
  const path = temporaryFolder();
  const first = `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`;
  const opened = openFolder(path, first);
  opened.env.main.put(keyOf('a'), keyOf('1'));
  opened.env.close();
  opened.isWhole();
  mkdirSync(join(path, 'of somebody else'));
  const second = openFolder(path, bootId());
  expect(second.env.main.get(keyOf('a'))).toBeDefined();
  second.env.close();
  expect(readdirSync(path).sort()).toEqual([bootId(), 'of somebody else'].sort());
  // As if the system had started again: the last process has not closed it.
  renameSync(join(path, bootId()), join(path, first));
  const third = openFolder(path, bootId());
  expect(third.env.main.get(keyOf('a'))).toBeUndefined();
  third.env.close();
  third.isWhole();
  expect(readdirSync(path).sort()).toEqual([bootId(), 'of somebody else'].sort());
});

test('connect() takes the folder of a cache, and the store counts what it does', async () => {
  const cached = await connect((await store.address()) as string, { cache: store.cache });
  const items = cached.collection('texts', { key: utf8, value: json });
  await items.put('a', { n: 1 });
  expect(await items.get('a')).toEqual({ n: 1 });
  const { hits, misses } = cached.counters() as { hits: number; misses: number };
  expect(await items.get('a')).toEqual({ n: 1 });
  expect(cached.counters()).toMatchObject({ hits: hits + 1, misses });
  await cached.close();
  const again = await connect((await store.address()) as string, { cache: store.cache });
  expect(await again.collection('texts').get('a')).toEqual({ n: 1 });
  expect(again.counters()).toMatchObject({ hits: 1, misses: 0 });
  await again.close();
  const uncached = await connect((await store.address()) as string);
  expect(uncached.counters()).toBeUndefined();
  await uncached.close();
});

test('a process that reads an old snapshot of the cache learns from it, not from what others have begun since, that the store has another history', () => {
  const path = temporaryFolder();
  const [fast, slow] = [0, 1].map(() => new CacheFile(openFolder(path, bootId()))) as [CacheFile, CacheFile];
  const start = { storeId: 'x', rights: '', tid: 1, nonce: 'first', reset: undefined };
  fast.start(start);
  slow.start(start);
  const key = { collection: 'items', key: keyOf('a') };
  fast.store([{ ...key, tid: 1, next: undefined, bytes: keyOf('old') }], 1, true);
  const change = (tid: number, nonce: string) => ({ tid, nonce, time: 0, ids: [], changes: [] });
  for (const tid of [2, 3]) fast.apply(change(tid, `lost ${tid}`));
  expect(textOf(slow.find(key, 1)?.bytes)).toBe('old');
  fast.start({ ...start, tid: 2, nonce: 'other 2', reset: 'other-history' });
  expect(codeOf(() => slow.apply(change(2, 'other 2')))).toBe('ERR_SNAPSHOT_LOST');
  slow.close();
  fast.close();
});

/** Several processes with one cache, which have all been told the first commit. */
function processes(count: number): {
  path: string;
  files: CacheFile[];
  change: (tid: number, nonce: string) => Change;
  key: StateKey;
} {
  const path = temporaryFolder();
  const files = Array.from({ length: count }, () => new CacheFile(openFolder(path, bootId())));
  for (const file of files) file.start({ storeId: 'x', rights: '', tid: 1, nonce: 'first', reset: undefined });
  const change = (tid: number, nonce: string) => ({ tid, nonce, time: 0, ids: [], changes: [] });
  return { path, files, change, key: { collection: 'items', key: keyOf('a') } };
}

test('a process that was away too long does not go on with the cache after commits of others that it cannot compare', () => {
  const { files, change, key } = processes(2);
  const [ahead, away] = files as [CacheFile, CacheFile];
  // The store was restored as of the first commit. That process has not noticed yet: it still reads what it was told.
  ahead.apply(change(2, 'lost 2'));
  ahead.store([{ ...key, tid: 2, next: undefined, bytes: keyOf('lost') }], 2, true);
  away.skipTo(5, 'other 5');
  away.store([{ ...key, tid: 2, next: 5, bytes: keyOf('other') }], 5, true);
  expect(away.find(key, 5)).toBeUndefined();
  expect(textOf(ahead.find(key, 2)?.bytes)).toBe('lost');
  for (const file of files) file.close();
});

test('it goes on with the cache once another process has told it a commit that is the same', () => {
  const { files, change, key } = processes(2);
  const [ahead, away] = files as [CacheFile, CacheFile];
  ahead.apply(change(2, 'second'));
  away.skipTo(4, 'fourth');
  for (const [tid, nonce] of [
    [3, 'third'],
    [4, 'fourth'],
    [5, 'fifth'],
  ] as const)
    ahead.apply(change(tid, nonce));
  away.apply(change(5, 'fifth'));
  away.store([{ ...key, tid: 3, next: undefined, bytes: keyOf('a') }], 5, true);
  expect(textOf(ahead.find(key, 5)?.bytes)).toBe('a');
  expect(textOf(away.find(key, 5)?.bytes)).toBe('a');
  for (const file of files) file.close();
});

test('where nobody else was told more, it moves the cache on, and the others notice', () => {
  const { files, change, key } = processes(3);
  const [first, second, third] = files as [CacheFile, CacheFile, CacheFile];
  first.store([{ ...key, tid: 1, next: undefined, bytes: keyOf('old') }], 1, true);
  first.skipTo(4, 'fourth');
  expect(first.find(key, 4)).toBeUndefined();
  first.store([{ ...key, tid: 3, next: undefined, bytes: keyOf('new') }], 4, true);
  // One that was away as well.
  second.skipTo(4, 'fourth');
  expect(textOf(second.find(key, 4)?.bytes)).toBe('new');
  // One that goes on in the history of before.
  expect(third.find(key, 1)).toBeUndefined();
  expect(codeOf(() => third.apply(change(2, 'second')))).toBe('ERR_SNAPSHOT_LOST');
  for (const file of files) file.close();
});

test('what was read of a range is stored as a whole, also if a program has patched iterators of arrays', () => {
  const { files, change, key } = processes(1);
  const [file] = files as [CacheFile];
  const span = { collection: 'items', from: new Uint8Array(0), to: undefined };
  file.store([{ ...key, tid: 1, next: 2, bytes: keyOf('old') }], 1, true);
  file.apply(change(2, 'second'));
  const { entries } = Array.prototype;
  Array.prototype.entries = () => [][Symbol.iterator]();
  try {
    file.store([{ ...key, tid: 2, next: undefined, bytes: keyOf('new') }], 2, true, { ...span, tid: 2 });
  } finally {
    Array.prototype.entries = entries;
  }
  expect(textOf(file.find(key, 2)?.bytes)).toBe('new');
  file.close();
});

test('processes of two versions, whose caches have other formats, take the cache from each other, and neither reads what the other one has stored', () => {
  const { path, files, change, key } = processes(1);
  const [first] = files as [CacheFile];
  first.store([{ ...key, tid: 1, next: undefined, bytes: keyOf('of this version') }], 1, true);
  const { env, isWhole } = openFolder(path, bootId());
  const metas = env.collection('c.meta', { key: utf8, value: json });
  // The other version begins. All versions find this record, and the format in it.
  metas.put('cache', {
    ...(metas.get('cache') as object),
    format: CACHE_FORMAT + 1,
    generation: 'of the other version',
  });
  expect(codeOf(() => first.apply(change(2, 'second')))).toBe('ERR_SNAPSHOT_LOST');
  expect(first.find(key, 2)).toBeUndefined();
  const again = new CacheFile(openFolder(path, bootId()));
  files.push(again);
  expect(again.seen()).toBeUndefined();
  again.start({ storeId: 'x', rights: '', tid: 1, nonce: 'first', reset: undefined });
  expect(again.find(key, 1)).toBeUndefined();
  expect(metas.get('cache')).toMatchObject({ format: CACHE_FORMAT, at: 1 });
  expect(metas.get('cache')).not.toMatchObject({ generation: 'of the other version' });
  env.close();
  isWhole();
  for (const file of files) file.close();
});

test('a process that begins beside one that knows another commit uses the cache once both have been told the same one', () => {
  const { path, files, change, key } = processes(1);
  const [first] = files as [CacheFile];
  const begin = (tid: number, nonce: string): CacheFile => {
    const file = new CacheFile(openFolder(path, bootId()));
    files.push(file);
    file.start({ storeId: 'x', rights: '', tid, nonce, reset: undefined });
    return file;
  };
  first.store([{ ...key, tid: 1, next: undefined, bytes: keyOf('a') }], 1, true);
  const newer = begin(2, 'second');
  expect(newer.find(key, 2)).toBeUndefined();
  first.apply(change(2, 'second'));
  newer.store([], 2, true);
  expect(textOf(newer.find(key, 2)?.bytes)).toBe('a');
  const other = new CacheFile(openFolder(path, bootId()));
  files.push(other);
  expect(codeOf(() => other.start({ storeId: 'x', rights: '', tid: 2, nonce: 'other', reset: undefined }))).toBe(
    'ERR_SNAPSHOT_LOST',
  );
  for (const file of files) file.close();
});
