import { afterEach, expect, test } from 'vitest';
import { connect, type Store } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { openStore } from '../../lib/objects/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { openTemporary, rejection } from '../support/fixture.ts';

/* The log of changes is trimmed while a transaction runs. So the server cannot name what it is in conflict with. */

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const LOG = 20;

async function served() {
  const env = openTemporary({ changes: { count: LOG } });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('n', 1);
  const server: Server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  closing.push(() => server.close());
  const store: Store = await connect(server.addresses[0] as string);
  closing.push(() => store.close());
  // Turn by turn, so that the server reads the log before it is trimmed.
  const trim = async () => {
    for (let i = 0; i <= 2 * LOG; i++) {
      items.update('n', (n) => (n as number) + 1);
      await store.sync();
    }
  };
  return { env, items, server, store, trim };
}

test('transact runs again, and loses nothing', async () => {
  const { items, store, trim } = await served();
  let runs = 0;
  await store.transact(async (txn) => {
    const n = (await txn.collection('items').get('n')) as number;
    if (++runs === 1) await trim();
    await txn.collection('items').put('n', n + 1000);
  });
  expect([runs, items.get('n')]).toEqual([2, 1 + 2 * LOG + 1 + 1000]);
});

test('with no retries left, the error is a conflict, and says why it names nothing', async () => {
  const { store, trim } = await served();
  const run = store.transact(
    async (txn) => {
      await txn.collection('items').get('n');
      await trim();
      await txn.collection('items').put('n', 0);
    },
    { retries: 0 },
  );
  expect(await rejection(run)).toMatchObject({ code: 'ERR_CONFLICT', conflicts: [], cause: { code: 'ERR_TOO_OLD' } });
});

test('what waits for a connection meanwhile is committed once, or not at all', async () => {
  const { env, items, server, store } = await served();
  const found = store.collection('items');
  const version = await found.version('n');
  await store.sync();
  await server.close();
  for (let i = 0; i <= 2 * LOG; i++) items.update('n', (n) => (n as number) + 1);
  const waiting = [found.put('a', 1), found.putNew('b', 1), found.putIf('n', 'mine', version), found.putNew('n', 1)];
  const again = await serve(env, { listen: server.addresses });
  closing.push(() => again.close());
  const [tid, ...made] = await Promise.all(waiting);
  expect([tid, made]).toEqual([items.version('a'), [true, false, false]]);
  expect(items.getMany(['a', 'b', 'n'])).toEqual([1, 1, 2 * LOG + 2]);
});

test('transact of objects runs again, too', async () => {
  const { env, store, trim } = await served();
  const local = openStore<{ count: number }>(env);
  local.root.count = 1;
  await store.sync();
  const objects = await openStore<{ count: number }>(store);
  let isFirst = true;
  await objects.transact(async (txn) => {
    const before = txn.root.count;
    if (before === 1 && isFirst) {
      isFirst = false;
      local.root.count = 5;
      await trim();
    }
    txn.root.count = before + 1;
  });
  expect([isFirst, local.root.count]).toEqual([false, 6]);
});
