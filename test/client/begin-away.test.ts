import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { type Environment, json, struct, t, utf8 } from '../../lib/index.ts';
import { openStore, persistent } from '../../lib/objects/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openAt, openTemporary, rejection, temporaryFolder, until } from '../support/fixture.ts';
import { closing, filled, itemsOf, KEYS, Place } from './away.ts';

// biome-ignore lint/suspicious/noExplicitAny: the types of classes are tested elsewhere.
type Any = any;
const Counted: Any = persistent('begin-away.Counted', { n: t.u32 })(class {});

describe('a store that begins while no server answers', () => {
  test('answers what the cache has, as of the commit that it was told; all else is answered once a server is there, and nothing old', async () => {
    const { env, place } = await filled();
    const told = 3;
    itemsOf(env).put('b', 2);
    const store = await place.connectAway();
    const items = store.collection<string, number>('items');
    expect(await items.getMany(KEYS)).toEqual([1, 1, undefined]);
    expect([await items.get('b'), await items.has('none'), await items.version('b')]).toEqual([1, false, 2]);
    expect(await store.pipeline((p) => p.get(items, 'a'))).toBe(1);
    expect(store.tid).toBe(told);
    expect(store.counters()).toMatchObject({ hits: 7, misses: 0 });
    const states: string[] = [];
    store.on('state', (state) => void states.push(state));
    const watch = items.watch({ after: told });
    const waiting = [items.get('c'), items.put('d', 4), items.range().toArray(), watch.next(), store.sync()];
    await place.start(env);
    const [c, , , change] = await Promise.all(waiting);
    expect([c, (change as { value: { keys: unknown } }).value.keys]).toEqual([1, ['b']]);
    expect(await items.getMany(['b', 'c', 'd'])).toEqual([2, 1, 4]);
    expect(states).toEqual(['verifying', 'connected']);
    expect(store.counters()?.failure).toBeUndefined();
  });

  test('answers ranges that were read whole', async () => {
    const { env, place } = await filled();
    await place.fill(env, (store) => store.collection('items').prefetch());
    const store = await place.connectAway({ timeout: 50 });
    const items = store.collection('items');
    const keys = async (options?: object) => (await items.range(options).toArray()).map(({ key }) => String(key));
    expect(await keys()).toEqual(['a', 'b', 'c']);
    expect(await keys({ gt: 'a', reverse: true })).toEqual(['c', 'b']);
    const scanned: unknown[] = [];
    await items.scan({ limit: 1 }, ({ value }) => void scanned.push(value));
    expect(scanned).toEqual([1]);
  });

  test('fails what it cannot answer as after a lost connection, and says why', async () => {
    const { place } = await filled();
    const store = await place.connectAway({ timeout: 50 });
    const items = store.collection('items');
    const failed = [
      items.get('c'),
      items.put('a', 2),
      items.count(),
      items.range().toArray(),
      store.snapshot(),
      store.sync(),
      store.transact((txn) => txn.collection('items').put('a', 2)),
      store.collection('of which the cache knows nothing').get('a'),
      store.collections(),
    ];
    for (const error of await Promise.all(failed.map((each) => rejection(each)))) {
      expect([error.code, error.message]).toEqual(['ERR_DISCONNECTED', expect.stringContaining('try again later')]);
    }
    expect(await items.get('a')).toBe(1);
    const waiting = rejection(items.get('c'));
    await store.close();
    for (const each of [waiting, rejection(items.get('a'))]) expect((await each).code).toBe('ERR_ENV_CLOSED');
  });

  test('goes on beside another process that has the cache and a server', async () => {
    const { env, place } = await filled();
    const folder = temporaryFolder();
    const server = await serve(env, { listen: `unix:${join(folder, 'other')}` });
    closing.push(() => server.close({ timeout: 100 }));
    const store = await place.connectAway();
    const other = await connect(`unix:${join(folder, 'other')}`, { cache: place.cache });
    closing.push(() => other.close());
    await other.collection('items').put('a', 2);
    expect(await other.collection('items').get('a')).toBe(2);
    expect(await store.collection('items').getMany(['a', 'b'])).toEqual([1, 1]);
    await place.start(env);
    await store.sync();
    expect(await store.collection('items').getMany(['a', 'b'])).toEqual([2, 1]);
    expect([store, other].map((each) => each.counters()?.failure)).toEqual([undefined, undefined]);
  });

  test('reads persistent objects, and changes them when a server is there', async () => {
    const env = openTemporary();
    const place = new Place();
    await place.fill(env, async (store) => {
      const objects = await openStore<Any>(store, { classes: [Counted] });
      await objects.transact((txn) => {
        txn.root.counted = new Counted({ n: 7 });
      });
    });
    const read = (objects: Any) => objects.read(({ root }: Any) => root.counted.n);
    await place.fill(env, async (store) => read(await openStore(store, { classes: [Counted] })));
    const store = await place.connectAway({ timeout: 5000 });
    const objects = await openStore<Any>(store, { classes: [Counted] });
    expect(await read(objects)).toBe(7);
    const changed = objects.transact((txn) => ++txn.root.counted.n);
    await place.start(env);
    expect(await changed).toBe(8);
    expect(await read(objects)).toBe(8);
  });
});

describe('when a server is there again', () => {
  test.each([
    ['an older copy of the store, with other commits since', 'has another history than before'],
    ['another store', 'another store than before is at this address'],
  ])('that has %s, the store ends, and nobody reads from the cache again', async (kind, message) => {
    const { env, place } = await filled();
    const path = temporaryFolder();
    if (kind !== 'another store') cpSync(join(env.path, 'data.mdb'), join(path, 'data.mdb'));
    itemsOf(env).put('a', 2);
    await place.fill(env, (store) => store.collection('items').getMany(KEYS));
    const copy = openAt(path);
    for (let i = 0; i < 5; i++) itemsOf(copy).put('a', `other ${i}`);
    const store = await place.connectAway();
    expect(await store.collection('items').get('a')).toBe(2);
    const waiting = rejection(store.collection('items').get('c'));
    await place.start(copy);
    for (const error of [await waiting, await rejection(store.collection('items').get('a'))]) {
      expect([error.code, error.message]).toEqual(['ERR_SNAPSHOT_LOST', expect.stringContaining(message)]);
      expect(error.message).toContain('connect again');
    }
    expect(store.state).toBe('closed');
    await place.stop();
    // The cache has seen no store now.
    expect((await rejection(place.connect({ wait: false }))).code).toBe('ERR_DISCONNECTED');
    await place.start(copy);
    const again = await place.connect({ wait: false });
    expect([again.state, await again.collection('items').get('a')]).toEqual(['connected', 'other 4']);
  });

  test('that does not remember what was missed, nothing old is read', async () => {
    const env = openTemporary({ changes: { count: 1 } });
    for (const key of ['a', 'b']) itemsOf(env).put(key, 0);
    const place = new Place();
    await place.fill(env, (store) => store.collection('items').getMany(['a', 'b']));
    for (let i = 1; i < 1000; i++) itemsOf(env).put('a', i);
    const store = await place.connectAway();
    expect(await store.collection('items').getMany(['a', 'b'])).toEqual([0, 0]);
    await place.start(env);
    await store.sync();
    expect(await store.collection('items').getMany(['a', 'b'])).toEqual([999, 0]);
    expect([store.state, store.counters()?.failure]).toEqual(['connected', undefined]);
  });

  test('codecs are those that the store has now; what is written waits for them', async () => {
    const env = openTemporary();
    const make = (of: Environment, name: string, value: object) =>
      of.collection<string, Any, Any, Any>(name, { key: utf8, value: value as never, versions: true });
    make(env, 'made again', json).put('a', 1);
    make(env, 'grown', struct({ n: t.u32 })).put('a', { n: 1 });
    const place = new Place();
    await place.fill(env, async (store) => {
      for (const name of ['made again', 'grown']) await store.collection(name).get('a');
    });
    env.collection('made again').drop();
    env.close();
    const now = openAt(env.path);
    make(now, 'made again', utf8).put('a', 'text');
    make(now, 'grown', struct({ n: t.u32, text: t.optional(t.utf8) })).put('c', { n: 3 });
    const store = await place.connectAway();
    const [made, grown] = [store.collection<string, Any>('made again'), store.collection<string, Any>('grown')];
    expect([await made.get('a'), (await grown.get('a')).n]).toEqual([1, 1]);
    const written = [made.put('b', 'other'), grown.put('b', { n: 2, text: 'new' })];
    await place.start(now);
    await Promise.all(written);
    await store.sync();
    expect(await made.getMany(['a', 'b'])).toEqual(['text', 'other']);
    expect((await grown.get('b')).toObject()).toEqual({ n: 2, text: 'new' });
  });

  test('that does not know the token, or gives it other rights, the cache gives nothing more of what it must not', async () => {
    const env = openTemporary();
    for (const key of ['a', 'b']) itemsOf(env).put(key, 1);
    const place = new Place();
    const token = 'the token of a reader';
    const tokens = (...prefixes: string[]) => ({
      tokens: [{ token, grants: prefixes.map((prefix) => ({ collection: 'items', prefix, read: true })) }],
    });
    await place.start(env, tokens('a', 'b'));
    const first = await place.connect({ token });
    await first.collection('items').getMany(['a', 'b']);
    await first.close();
    const refused = await place.connectAway({ token: 'of somebody else' });
    const store = await place.connect({ token, wait: false });
    for (const each of [store, refused]) expect(await each.collection('items').getMany(['a', 'b'])).toEqual([1, 1]);
    await place.start(env, tokens('a'));
    await until(() => refused.state === 'closed', 'it is refused');
    expect((await rejection(refused.collection('items').get('a'))).code).toBe('ERR_FORBIDDEN');
    await store.sync();
    expect(await store.collection('items').get('a')).toBe(1);
    expect((await rejection(store.collection('items').get('b'))).code).toBe('ERR_FORBIDDEN');
  });
});

describe('wait: false', () => {
  test('with a cache that has seen no store waits for a server, as without it', async () => {
    const place = new Place();
    expect((await rejection(place.connect({ wait: false }))).code).toBe('ERR_DISCONNECTED');
    await place.start(openTemporary());
    expect((await place.connect({ wait: false })).state).toBe('connected');
  });

  test.each([
    ['without a cache', 'unix:./none', {}],
    ['with a cache of many hosts', 'unix:./none', { cache: 'memcached://127.0.0.1:1' }],
    ['with checkpoints', 'unix:./none', { cache: 'checkpoints:./none' }],
    ['for PostgreSQL', 'postgres://none/none', { cache: './none' }],
  ])('is refused %s', async (_, address, options) => {
    const error = await rejection(connect(address, { ...options, wait: false }));
    expect([error.code, error.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('wait: false')]);
  });

  test('must be a boolean; a folder needs no wait', async () => {
    expect((await rejection(connect('unix:./none', { wait: 1 as never }))).code).toBe('ERR_INVALID_ARG_TYPE');
    const store = await connect(`file:${temporaryFolder()}`, { cache: './none', wait: false });
    expect(store.state).toBe('connected');
    await store.close();
  });
});
