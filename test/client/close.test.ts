import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { runChild } from '../support/child.ts';
import { rejection, until } from '../support/fixture.ts';
import { closing, filled, itemsOf } from './away.ts';

/** Begins with a cache, asks for what that has not, and closes the store after some ms. */
const program = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address, { cache: args.cache, wait: false });
  const items = store.collection('items');
  const asked = [items.get('c'), items.put('c', 2), items.watch().next(), store.sync()].map((each) => each.then(() => 'done', ({ code }) => code));
  const had = await items.get('a');
  await new Promise((resolve) => setTimeout(resolve, args.ms));
  await store.close();
  tell([had, await Promise.all(asked), store.state]);
`;

test.each([
  ['nobody answers', 0],
  ['nobody answers, and it tries again', 100],
  ['a server takes connections and says nothing', 0],
  ['a server takes connections and says nothing, and it waits for that', 100],
])('a store that is closed while %s ends all that waits, and its process ends by itself', async (what, ms) => {
  const { place } = await filled();
  const silent = createServer();
  if (what.startsWith('a server')) {
    await new Promise<void>((resolve) => silent.listen(place.address.slice('unix:'.length), resolve));
    closing.push(() => silent.close());
  }
  const { told, status, stderr } = runChild(program, { address: place.address, cache: place.cache, ms });
  expect({ told, status, stderr }).toEqual({
    told: [[1, Array(4).fill('ERR_ENV_CLOSED'), 'closed']],
    status: 0,
    stderr: '',
  });
});

test('a store that a server has refused can be closed, also twice', async () => {
  const { env, place } = await filled();
  const store = await place.connectAway({ token: 'of nobody whom it knows' });
  const asked = rejection(store.collection('items').get('c'));
  await place.start(env, { tokens: [{ token: 'another token than that', grants: [{ collection: '*', read: true }] }] });
  expect((await asked).code).toBe('ERR_FORBIDDEN');
  expect(store.state).toBe('closed');
  await store.close();
  await store.close();
  expect((await rejection(store.collection('items').get('a'))).code).toBe('ERR_FORBIDDEN');
});

test('stores with a cache that are closed while commits come leave it as it must be', async () => {
  const { env, place } = await filled();
  const items = itemsOf(env);
  await place.start(env);
  let written = 0;
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) {
      for (let i = 0; i < 20; i++) items.put('a', ++written);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let round = 0; round < 15; round++) {
    const store = await connect(place.address, { cache: place.cache });
    const before = written;
    const reads = Promise.allSettled(['a', 'b', 'a'].map((key) => store.collection<string, number>('items').get(key)));
    if (round % 3 > 0) await store.sync();
    await Promise.all([store.close(), reads]);
    for (const each of await reads) {
      if (each.status === 'rejected') expect(each.reason.code).toBe('ERR_ENV_CLOSED');
    }
    const next = await connect(place.address, { cache: place.cache });
    expect(await next.collection<string, number>('items').get('a')).toBeGreaterThanOrEqual(before);
    expect(next.counters()?.failure).toBeUndefined();
    await next.close();
  }
  isWriting = false;
  await writing;
  const store = await connect(place.address, { cache: place.cache });
  closing.push(() => store.close());
  await until(() => store.state === 'connected', 'it is told');
  expect(await store.collection('items').getMany(['a', 'b'])).toEqual([written, 1]);
});
