import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { openTemporary, rejection } from '../support/fixture.ts';

test('a transaction whose commit the server cannot keep, since too many views are open, says so', async () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', 0);
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
  const store = await connect(server.addresses[0] as string);
  const views = [];
  for (let i = 0; i < 64; i++) {
    items.put('a', i);
    await store.sync();
    views.push(await store.snapshot());
  }
  items.put('a', 'last');
  await store.sync();
  const transacting = store.transact(async (txn) => {
    for (let i = 0; i < 40; i++) {
      items.put('a', `more ${i}`);
      await store.sync();
    }
    await txn.collection('items').get('a');
  });
  expect(await rejection(transacting)).toMatchObject({ code: 'ERR_BUSY', message: expect.stringContaining('views') });
  for (const view of views) view.close();
  expect(await store.transact(async (txn) => txn.collection('items').get('a'))).toBe('more 39');
  await store.close();
  await server.close();
});
