import { expect, test } from 'vitest';
import { verifyCache } from '../../lib/cache/stored-cache.ts';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { ServedStore } from '../../lib/server/served-store.ts';
import { DEFAULT_LIMITS } from '../../lib/wire/protocol.ts';
import { WaitingChild } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { BadNetwork } from '../wire/bad-network.ts';

/* Several processes serve one environment. */

test('a client that another process has told more goes on, and is told the rest', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 1);
  const options = { limits: DEFAULT_LIMITS, tokens: undefined, readOnly: false, onError: undefined };
  const store = new ServedStore(env, options);
  const { storeId, tid, nonce } = store.hello();
  expect(store.since({ storeId, after: { tid, nonce } })).toEqual({ told: 1 });
  // Its engine has not run since: as if the other process had told these.
  for (let i = 0; i < 3; i++) items.put('a', i);
  expect(store.engine.processed()).toBe(1);
  const after = { tid: 3, nonce: store.engine.changesBetween(2, 3)?.[0]?.nonce as string };
  expect(store.since({ storeId, after })).toEqual({ told: 3 });
  expect(store.engine.processed()).toBe(4);
  expect(store.since({ storeId, after: { tid: 5, nonce } })).toEqual({ told: 4, reset: 'other-history' });
  store.engine.close();
});

const server = `
  const { serve } = await import(library + '/dist/server.js');
  const env = open(args.path, { durability: 'nosync' });
  env.collection('items', { key: utf8, value: json, versions: true });
  const served = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  tell(served.addresses[0]);
  process.stdin.resume();
`;

test('a commit that one process makes wakes the other one: by its own clock alone, this would take minutes', async () => {
  const path = temporaryFolder();
  const children = [new WaitingChild(server, { path }), new WaitingChild(server, { path })];
  const addresses = (await Promise.all(children.map((child) => child.next()))) as string[];
  const stores = await Promise.all(addresses.map((address) => connect(address)));
  const sides = stores.map((store) => {
    const items = store.collection<string, number, string, number>('items');
    return { items, changes: items.watch() };
  });
  for (let i = 0; i < 3200; i++) {
    const [writer, other] = (i % 2 === 0 ? sides : sides.toReversed()) as [(typeof sides)[0], (typeof sides)[0]];
    const tid = (await writer.items.put('a', i)) as number;
    let told = 0;
    while (told < tid) told = (await other.changes.next()).value?.tid ?? Number.NaN;
    expect(told).toBe(tid);
  }
  for (const store of stores) await store.close();
  for (const child of children) await child.kill();
});

test(`clients with one cache that go to and fro between two processes miss nothing (seed ${SEED})`, async () => {
  const path = temporaryFolder();
  const children = [new WaitingChild(server, { path }), new WaitingChild(server, { path })];
  const addresses = (await Promise.all(children.map((child) => child.next()))) as string[];
  let connections = 0;
  const random = new Random(SEED);
  const proxy = await BadNetwork.start(() => addresses[connections++ % 2] as string, random);
  const cache = temporaryFolder();
  const stores = await Promise.all([0, 1].map(() => connect(proxy.address, { cache })));
  const counts = runs(60, 5000);
  await Promise.all(
    stores.map(async (store) => {
      for (let i = 0; i < counts; i++) {
        await store.transact(
          async (txn) => {
            const items = txn.collection<string, number, string, number>('items');
            const [a = 0, b = 0] = await items.getMany(['a', 'b']);
            expect(a).toBe(b);
            await items.put('a', a + 1);
            await items.put('b', b + 1);
          },
          { retries: 1000 },
        );
        // At once after a commit, the other process may not have heard of it.
        if (random.chance(0.3)) proxy.cutAll();
      }
    }),
  );
  for (const store of stores) {
    await store.sync();
    expect(await store.collection('items').getMany(['a', 'b'])).toEqual([2 * counts, 2 * counts]);
    expect([store.state, store.counters()?.failure]).toEqual(['connected', undefined]);
    await store.close();
  }
  expect(connections).toBeGreaterThan(10);
  expect(verifyCache(cache, 10)).toEqual([]);
  await proxy.close();
  for (const child of children) await child.kill();
});
