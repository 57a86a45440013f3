import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { type Environment, json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openAt, openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';
import { Random } from '../versions/random.ts';
import { BadNetwork } from './bad-network.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const items = (env: Environment) => env.collection('items', { key: utf8, value: json, versions: true });

async function address(env: Environment): Promise<string> {
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  closing.push(() => server.close({ timeout: 100 }));
  return server.addresses[0] as string;
}

/** Where commits stand in what waits. */
const [PUT, TRANSACT] = [4, 5];

/** A store whose server changes into another one: everything that waits meanwhile. */
async function moved(
  first: Environment,
  second: (first: Environment, store: Store) => Environment | Promise<Environment>,
): Promise<[Store, Promise<unknown>[]]> {
  let target = await address(first);
  const proxy = await BadNetwork.start(() => target, new Random(1));
  closing.push(() => proxy.close());
  const store = await connect(proxy.address);
  closing.push(() => store.close());
  const found = store.collection('items', { key: utf8, value: json });
  await found.get('a');
  await store.sync();
  const view = await store.snapshot();
  target = await address(await second(first, store));
  const watched = found.watch().next();
  watched.catch(() => {});
  proxy.isSilent = true;
  const waiting = [
    found.get('a'),
    found.getMany(['a', 'b']),
    found.range().next(),
    found.count(),
    found.put('c', 1),
    store.transact(async (txn) => txn.collection('items').put('d', 1)),
    view.collection('items').get('a'),
    store.sync(),
    watched,
  ];
  for (const each of waiting) each.catch(() => {});
  proxy.cutAll();
  proxy.isSilent = false;
  return [store, waiting];
}

describe('a client whose server comes back', () => {
  test('as an older copy of the store, with other commits since: all that waits fails, and the store is closed', async () => {
    const first = openTemporary();
    for (const key of ['a', 'b']) items(first).put(key, 1);
    const [store, waiting] = await moved(first, async (_, told) => {
      const path = temporaryFolder();
      cpSync(join(first.path, 'data.mdb'), join(path, 'data.mdb'));
      for (let i = 0; i < 3; i++) items(first).put('a', 2);
      await told.sync();
      const copy = openAt(path);
      for (let i = 0; i < 5; i++) items(copy).put('b', 3);
      return copy;
    });
    for (const [i, each] of waiting.entries()) {
      const error = await rejection(each);
      expect(error.message).toContain('connect again');
      // Whether these were made before the copy took the place of the store cannot be known.
      const isSent = [PUT, TRANSACT].includes(i) && error.code === 'ERR_OUTCOME_UNKNOWN';
      expect((isSent ? (error.cause as { code?: string }) : error).code).toBe('ERR_SNAPSHOT_LOST');
    }
    expect(store.state).toBe('closed');
    expect((await rejection(store.collection('items').get('a'))).code).toBe('ERR_SNAPSHOT_LOST');
    expect((await rejection(store.snapshot())).code).toBe('ERR_SNAPSHOT_LOST');
  });

  test('with a log of changes that does not reach back: only watches and old views end, all else goes on', async () => {
    const first = openTemporary({ changes: { count: 1 } });
    for (const key of ['a', 'b']) items(first).put(key, 1);
    const [store, waiting] = await moved(first, () => {
      for (let i = 0; i < 1000; i++) items(first).put('a', i);
      return first;
    });
    const settled = await Promise.allSettled(waiting);
    const codes = settled.map((each) => (each.status === 'fulfilled' ? 'ok' : (each.reason as { code: string }).code));
    const [get, getMany, range, count, put, transact, view, sync, watch] = codes;
    expect([get, getMany, range, count, sync]).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect([view, watch]).toEqual(['ERR_SNAPSHOT_LOST', 'ERR_TOO_OLD']);
    // The first one was sent on the connection that was cut. The other one was not, and has run again.
    expect([put, transact]).toEqual(['ERR_OUTCOME_UNKNOWN', 'ok']);
    expect(store.state).toBe('connected');
    const found = store.collection('items');
    expect(await found.getMany(['a', 'd'])).toEqual([999, 1]);
    await found.put('c', 5);
    expect(await found.get('c')).toBe(5);
  });
});
