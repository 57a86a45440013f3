import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, hashJoin, mergeJoin, struct, t, tuple, uint32 } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { lends } from '../support/lending.ts';
import { type Place, spreadPages } from './sparse.ts';

const GIB = 2 ** 30;
const CUSTOMERS = 300;
const ORDERS = 1500;

const Customer = struct({ id: t.utf8, name: t.utf8, notes: t.bytes });
const Order = struct({ customer: t.utf8, number: t.u32 });

const idOf = (customer: number): string => `id ${(customer * 7919) % 10_007}`;
/** Every seventh customer has overflow pages. */
const notesOf = (customer: number): Buffer => Buffer.alloc(customer % 7 === 3 ? 9000 : 40, `notes of ${customer};`);
const customerOf = (order: number): number => (order * 31) % (CUSTOMERS + 20);

/** Where pages are placed: alternately at these offsets of the file, which lie in several windows, some across a border. */
const layouts: Record<string, number[]> = {
  'two windows': [65_536, GIB + 65_536],
  'a page here and the next there, up to 70 GiB': [GIB / 2, 3 * GIB, 5 * GIB - 8192, 70 * GIB],
  'large values across borders': [GIB - 12 * 4096, 2 * GIB - 4096, 6 * GIB - 40 * 4096],
};

function placing(pageSize: number, starts: number[]): Place {
  const next = starts.map((offset) => Math.floor(offset / pageSize));
  let turn = 0;
  return (_, count) => {
    const i = turn++ % next.length;
    const page = next[i] as number;
    next[i] = page + count;
    return page;
  };
}

const ofCustomers = { key: uint32, value: Customer };
const ofOrders = { key: tuple, value: Order };
const ofBlobs = { key: uint32, value: bytes };

function spread(starts: number[]) {
  const path = temporaryFolder();
  const small = openAt(path);
  const customers = small.collection('customers', ofCustomers);
  const orders = small.collection('orders', ofOrders);
  const blobs = small.collection('blobs', ofBlobs);
  small.write(() => {
    for (let i = 0; i < CUSTOMERS; i++) {
      customers.put(i, { id: idOf(i), name: `name ${i}`, notes: notesOf(i) });
      blobs.put(i, notesOf(i));
    }
    for (let i = 0; i < ORDERS; i++) orders.put([customerOf(i), i], { customer: idOf(customerOf(i)), number: i });
  });
  const { pageSize } = small.stat();
  small.close();
  spreadPages(path, pageSize, placing(pageSize, starts));
  const env = openAt(path, { mapSize: 128 * GIB });
  return {
    env,
    customers: env.collection('customers', ofCustomers),
    orders: env.collection('orders', ofOrders),
    blobs: env.collection('blobs', ofBlobs),
  };
}

/** The numbers of a customer's orders. Customer and order together identify a pair. */
const ordersOf = (customer: number): number[] =>
  Array.from({ length: ORDERS }, (_, order) => order).filter((order) => customerOf(order) === customer);
const inOrderOfKeys: [customer: number, order: number][] = Array.from({ length: CUSTOMERS + 20 }, (_, customer) =>
  ordersOf(customer).map((order): [number, number] => [customer, order]),
).flat();

describe.each(Object.entries(layouts))('joins in a database whose pages lie in %s', (_, starts) => {
  const { env, customers, orders, blobs } = spread(starts);

  test('is larger than one window, on disk much smaller', () => {
    const { size, blocks } = statSync(join(env.path, 'data.mdb'));
    expect(size).toBeGreaterThan(GIB);
    expect(blocks * 512).toBeLessThan(2 ** 25);
  });

  test('a hash join gives every pair, and each stays whole when its transaction ends', async () => {
    const txn = env.read();
    const pairs = hashJoin({
      build: { range: customers.range({}, txn), on: { field: 'id' } },
      probe: { range: orders.range({}, txn), on: { field: 'customer' } },
      type: 'left',
    });
    const kept = pairs.toArray();
    const shown = () =>
      kept.map(({ build, probe }) => [
        build?.value.name,
        build?.value.notes.equals(notesOf(build.key)),
        probe.value.number,
      ]);
    const expected = inOrderOfKeys.map(([customer, order]) =>
      customer < CUSTOMERS ? [`name ${customer}`, true, order] : [undefined, undefined, order],
    );
    expect(shown()).toEqual(expected);
    expect(pairs.count()).toBe(ORDERS);
    // Pairs whose sides lie in few windows are lent, the others are copied.
    const states = new Set(kept.map(({ build }) => build?.value.notes.state));
    if (lends) expect([states.has('shared'), states.has('private')]).toEqual([true, true]);
    txn.end();
    // Take pages behind the last one, whichever window they lie in.
    blobs.put(CUSTOMERS, Buffer.alloc(9000, 'more'));
    blobs.del(CUSTOMERS);
    await txn.drained;
    expect(shown()).toEqual(expected);
  });

  test('the duplicates of a value are found wherever they lie', () => {
    const pairs = hashJoin({
      build: { range: orders.range(), on: { key: 0 } },
      probe: { range: customers.range({ reverse: true }), on: 'key' },
    });
    const expected: [number, number][] = [];
    for (let customer = CUSTOMERS - 1; customer >= 0; customer--) {
      for (const order of ordersOf(customer)) expected.push([customer, order]);
    }
    expect(pairs.map(({ build, probe }) => [probe.key, build.value.number]).toArray()).toEqual(expected);
    expect(pairs.count()).toBe(expected.length);
  });

  test('a merge join gives every pair', () => {
    const pairs = mergeJoin({
      build: { range: blobs.range(), on: 'key' },
      probe: { range: orders.range(), on: { key: 0 } },
    });
    const shown = pairs
      .map(({ build, probe }) => [build.key, probe.value.number, build.value.equals(notesOf(build.key))])
      .toArray();
    expect(shown).toEqual(
      inOrderOfKeys.filter(([customer]) => customer < CUSTOMERS).map(([customer, order]) => [customer, order, true]),
    );
    expect(pairs.count()).toBe(shown.length);
  });
});
