import { expectTypeOf, test } from 'vitest';
import type { ReadableCollection, Store, StoreEntry, TransactionCollection } from '../../lib/client/index.ts';
import { type Key, struct, t, tuple, uint32 } from '../../lib/index.ts';

declare const store: Store;

const order = struct({ customer: t.utf8 });
const orders = store.collection('orders', { key: uint32, value: order });
const cities = store.collection('cities', { key: tuple, value: order });

test('a collection in a transaction or a view has the types of that of the store', async () => {
  await store.transact(async (txn) => {
    const mine = txn.collection(orders);
    expectTypeOf(mine).toExtend<TransactionCollection<number, { customer: string }, number, unknown>>();
    expectTypeOf((await mine.get(1))?.customer).toEqualTypeOf<string | undefined>();
    // @ts-expect-error a key is a number
    await mine.get('a');
    // @ts-expect-error no such field
    await mine.put(1, { custmer: 'ada' });
    expectTypeOf(txn.collection('orders')).toEqualTypeOf<TransactionCollection<unknown, unknown, unknown, unknown>>();
  });
  const view = await store.snapshot();
  expectTypeOf(view.collection(cities)).toExtend<ReadableCollection<never, Key, { readonly customer: string }>>();
  expectTypeOf((await view.collection(orders).get(1))?.customer).toEqualTypeOf<string | undefined>();
});

test('a range gives its entries one by one or as an array', async () => {
  expectTypeOf(await orders.range({ gt: 1 }).toArray()).toExtend<StoreEntry<number, { readonly customer: string }>[]>();
  for await (const { key } of orders.range()) expectTypeOf(key).toEqualTypeOf<number>();
});

test('a batch takes collections and names; clear takes no offset', async () => {
  await store.batch([
    { type: 'put', collection: orders, key: 1, value: { customer: 'ada' } },
    { type: 'del', collection: 'cities', key: ['FR'] },
  ]);
  await orders.clear({ gt: 1, limit: 5 });
  // @ts-expect-error
  await orders.clear({ offset: 1 });
});
