import { expectTypeOf, test } from 'vitest';
import type { Operand, PipelineGet, Store } from '../../lib/client/index.ts';
import { bytes, json, jsonOf, type Key, struct, t, tuple, tupleOf, uint32, utf8, type Value } from '../../lib/index.ts';

declare const store: Store;

const order = struct({ customer: t.utf8, note: t.optional(t.utf8), lines: t.list(t.struct({ product: t.u32 })) });
const orders = store.collection('orders', { key: uint32, value: order });
const customers = store.collection('customers', {
  key: utf8,
  value: jsonOf<{ name: string; home: [string, string] | null }>(),
});
const cities = store.collection('cities', { key: tupleOf<[string, string]>(), value: jsonOf<{ mayor: string }>() });
const products = store.collection('products', { key: uint32, value: utf8 });
const others = store.collection('others', { key: tuple, value: json });
const blobs = store.collection('blobs', { key: bytes, value: bytes });

test('steps, their fields, and what a pipeline gives', async () => {
  const read = await store.pipeline((p) => {
    const found = p.get(orders, 17);
    expectTypeOf(found.field('customer')).toEqualTypeOf<Operand<string>>();
    expectTypeOf(found.field('lines').at(0).field('product')).toExtend<Operand<number | undefined>>();
    const customer = p.get(customers, found.field('note'));
    const city = p.get(cities, customer.field('home'));
    expectTypeOf(city).toEqualTypeOf<PipelineGet<Key<readonly [string, string]> | never, { mayor: string }>>;
    p.get(cities, [found.field('customer'), 'x']);
    p.get(products, found.field('lines').at(0).field('product'));
    const other = p.get(others, ['a', customer.field('name')]);
    p.get(customers, (other as PipelineGet<Key, unknown>).field('anything').at(2));
    p.get(blobs, p.get(blobs, Buffer.from('a')));
    // @ts-expect-error
    found.field('absent');
    // @ts-expect-error
    found.field('toObject');
    // @ts-expect-error
    p.get(customers, 17);
    // @ts-expect-error
    p.get(products, found.field('customer'));
    return { found, list: [customer, city] as const, name: 'x', deep: { blob: p.get(blobs, Buffer.from('a')) } };
  });
  expectTypeOf(read.found?.customer).toEqualTypeOf<string | undefined>();
  expectTypeOf(read.list[0]).toEqualTypeOf<{ name: string; home: [string, string] | null } | undefined>();
  expectTypeOf(read.list[1]).toEqualTypeOf<{ mayor: string } | undefined>();
  expectTypeOf(read.name).toEqualTypeOf<string>();
  expectTypeOf(read.deep.blob).toEqualTypeOf<Value | undefined>();
});
