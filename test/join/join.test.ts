import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { hashJoin, json, mergeJoin, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { codeOf, openAt, openTemporary, thrown } from '../support/fixture.ts';
import { expectedState, lends } from '../support/lending.ts';

const Customer = struct({ id: t.u32, name: t.utf8, born: t.date, tags: t.optional(t.bytes) });
const Order = struct({ customer: t.u32, who: t.utf8, amount: t.f64 });

function shop(customers = 6, orders = 20) {
  const env = openTemporary();
  const made = {
    env,
    customers: env.collection('customers', { key: uint32, value: Customer }),
    orders: env.collection('orders', { key: tuple, value: Order }),
    notes: env.collection('notes', { key: utf8, value: json }),
  };
  env.write(() => {
    for (let i = 0; i < customers; i++) made.customers.put(i, { id: i, name: `name ${i}`, born: new Date(i) });
    for (let i = 0; i < orders; i++) {
      const customer = i % (customers + 1);
      made.orders.put(['o', i], { customer, who: `name ${customer}`, amount: i / 2 });
    }
    made.notes.put('name 1', { text: 'first' });
  });
  return made;
}
type Shop = ReturnType<typeof shop>;

const byName = ({ customers, orders }: Shop) =>
  ({
    build: { range: customers.range(), on: { field: 'name' } },
    probe: { range: orders.range(), on: { field: 'who' } },
  }) as const;

/** The most bytes that each join may take for an entry that it keeps. */
const bytesAnEntry = { hashJoin: 58, mergeJoin: 28 };

for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
  const bytes = bytesAnEntry[name as keyof typeof bytesAnEntry];
  describe(name, () => {
    test('gives pairs of entries in the order of the probe side, by key', () => {
      const { customers, orders } = shop();
      const pairs = join({
        build: { range: customers.range({ gte: 1 }), on: 'key' },
        probe: { range: orders.range({ lt: ['o', 6] }), on: { key: 1 } },
      });
      const shown = pairs.map(({ build, probe }) => [build.key, build.value.name, probe.key.at(1)]).toArray();
      expect(shown).toEqual([1, 2, 3, 4, 5].map((i) => [i, `name ${i}`, i]));
      expect(pairs.count()).toBe(5);
      expect(pairs.take(2).toArray().length).toBe(2);
      expect(inspect(pairs)).toBe(`Join { ${name}, inner, build: 'customers', probe: 'orders' }`);
    });

    test('has a transaction of its own if neither range has one, and ends it', () => {
      const { env, customers, orders } = shop();
      const options = {
        build: { range: customers.range(), on: 'key' },
        probe: { range: orders.range(), on: { key: 1 } },
      } as const;
      expect([...join(options)].length).toBe(6);
      for (const _ of join(options)) break;
      expect(() => {
        for (const _ of join(options)) throw new Error('out');
      }).toThrow('out');
      expect(join(options).count()).toBe(6);
      // It refuses while a transaction is open.
      env.resize(2 ** 37);
    });

    test('stops at the end of its transaction; pairs that were kept stay readable', async () => {
      const { env, customers, orders } = shop(3000, 3001);
      const txn = env.read();
      const pairs = join({
        build: { range: customers.range({}, txn), on: 'key' },
        probe: { range: orders.range({}, txn), on: { key: 1 } },
      })[Symbol.iterator]();
      const kept = [];
      for (const pair of Array.from({ length: 700 }, () => pairs.next().value)) if (pair !== undefined) kept.push(pair);
      expect(kept.length).toBe(700);
      txn.end();
      expect(codeOf(() => pairs.next())).toBe('ERR_TXN_ENDED');
      expect(pairs.next().done).toBe(true);
      // Pages of the old version are used again.
      for (let round = 0; round < 4; round++) {
        env.write(() => {
          for (let i = 0; i < 3000; i++) {
            customers.put(i, { id: 0, name: `other ${round}`, born: new Date(0) });
            orders.put(['o', i], { customer: 1, who: 'nobody', amount: -1 });
          }
        });
        if (round === 1) await txn.drained;
      }
      kept.forEach(({ build, probe }, i) => {
        expect([build.key, build.value.name, probe.key.at(1), probe.value.amount]).toEqual([i, `name ${i}`, i, i / 2]);
      });
    });

    test('throws ERR_TXN_ENDED when the environment is closed under it, ERR_ENV_CLOSED when it begins later', () => {
      const { env, customers, orders } = shop();
      const options = {
        build: { range: customers.range(), on: 'key' },
        probe: { range: orders.range(), on: { key: 1 } },
      } as const;
      const pairs = join(options)[Symbol.iterator]();
      pairs.next();
      env.close();
      expect(codeOf(() => pairs.next())).toBe('ERR_TXN_ENDED');
      expect(codeOf(() => [...join(options)])).toBe('ERR_ENV_CLOSED');
      expect(codeOf(() => join(options).count())).toBe('ERR_ENV_CLOSED');
    });

    test('can be used inside of itself, and of its callbacks', () => {
      const { customers, orders } = shop();
      const options = {
        build: { range: customers.range(), on: 'key' },
        probe: { range: orders.range(), on: { key: 1 } },
      } as const;
      let pairs = 0;
      join(options).forEach(() => {
        pairs += join(options).count() + join(options).toArray().length;
      });
      expect(pairs).toBe(6 * 12);
    });

    test('gives the event loop turns under for await', async () => {
      const { customers, orders } = shop(2000, 2000);
      let count = 0;
      for await (const { build, probe } of join({
        build: { range: customers.range(), on: 'key' },
        probe: { range: orders.range(), on: { key: 1 } },
      })) {
        expect(build.key).toBe(probe.key.at(1));
        count++;
      }
      expect(count).toBe(2000);
    });

    test('under invalidate, pairs expire with the transaction', () => {
      const { env, customers, orders } = shop();
      const txn = env.read({ onEnd: 'invalidate' });
      const [pair] = join({
        build: { range: customers.range({}, txn), on: 'key' },
        probe: { range: orders.range({}, txn), on: { key: 1 } },
      });
      const key = pair?.probe.key;
      expect(key?.state).toBe(expectedState('shared'));
      txn.end();
      if (lends) expect(codeOf(() => pair?.build.value.name)).toBe('ERR_LEASE_EXPIRED');
      if (lends) expect(codeOf(() => key?.at(1))).toBe('ERR_LEASE_EXPIRED');
    });

    test('bounds the memory that it takes', () => {
      const { env } = shop();
      const same = env.collection('same', { key: uint32, value: Customer });
      env.write(() => {
        for (let i = 0; i < 1000; i++) same.put(i, { id: 7, name: 'x', born: new Date(0) });
      });
      const options = (maxTableBytes: number) => ({
        build: { range: same.range(), on: { field: 'id' } } as const,
        probe: { range: same.range({ limit: 3 }), on: { field: 'id' } } as const,
        maxTableBytes,
      });
      const error = thrown(() => join(options(10_000)).toArray());
      expect(error.code).toBe('ERR_JOIN_MEMORY');
      expect(error.message).toMatch(/1000|maxTableBytes/);
      expect(error.message).toContain('10000');
      expect(join(options(1000 * bytes)).count()).toBe(3000);
      expect(join(options(1000 * bytes)).toArray().length).toBe(3000);
      expect(codeOf(() => join(options(1000 * bytes - 1)).count())).toBe('ERR_JOIN_MEMORY');
      expect(codeOf(() => join(options(1000 * bytes - 1)).toArray())).toBe('ERR_JOIN_MEMORY');
      expect(codeOf(() => join(options(bytes - 1)).count())).toBe('ERR_JOIN_MEMORY');
      expect(codeOf(() => join(options(0)).count())).toBe('ERR_JOIN_MEMORY');
      // Entries that do not go into the table do not count: an empty side has none, and others lack a value to join on.
      const empty = (on: 'id' | 'tags', lt: number) =>
        join({
          ...options(0),
          build: { range: same.range({ lt }), on: { field: on } },
          probe: { range: same.range(), on: { field: on } },
        });
      expect([empty('id', 0).count(), empty('tags', 1000).count()]).toEqual([0, 0]);
    });

    test('counts what its leases lend', () => {
      if (!lends) return;
      const { env, customers, orders } = shop(500, 500);
      const txn = env.read();
      const before = env.counters().bytesCopied;
      const kept = join({
        build: { range: customers.range({}, txn), on: 'key' },
        probe: { range: orders.range({}, txn), on: { key: 1 } },
      }).toArray();
      expect(env.counters().bytesCopied).toBe(before);
      expect(txn.leases.live).toBeGreaterThan(4);
      // A row that stands in many pairs is lent once for each batch, not once for each pair.
      expect(txn.leases.bytes).toBeLessThan(500 * 300);
      expect(kept.length).toBe(500);
      txn.end();
    });
  });
}

describe('hashJoin', () => {
  test('joins on fields, of all types: inner, left, semi, anti', () => {
    const made = shop(2, 5);
    const show = (type: 'inner' | 'left' | 'semi' | 'anti') =>
      hashJoin({ ...byName(made), type })
        .map(({ build, probe }) => `${build?.key}-${probe.key.at(1)}`)
        .toArray()
        .join(' ');
    expect(show('inner')).toBe('0-0 1-1 0-3 1-4');
    expect(show('left')).toBe('0-0 1-1 undefined-2 0-3 1-4');
    expect(show('semi')).toBe('undefined-0 undefined-1 undefined-3 undefined-4');
    expect(show('anti')).toBe('undefined-2');
  });

  test('gives the matches of a probe entry in the order of the build side, over many batches', () => {
    const { customers, orders } = shop(5, 4000);
    const pairs = hashJoin({
      build: { range: orders.range(), on: { field: 'customer' } },
      probe: { range: customers.range(), on: { field: 'id' } },
    });
    const expected: string[] = [];
    for (let customer = 0; customer < 5; customer++) {
      for (let order = customer; order < 4000; order += 6) expected.push(`${customer} ${order}`);
    }
    expect(pairs.map(({ build, probe }) => `${probe.key} ${build.key.at(1)}`).toArray()).toEqual(expected);
    expect(pairs.count()).toBe(expected.length);
  });

  test('honours reverse and limit of both sides', () => {
    const { customers, orders } = shop(6, 6);
    const pairs = hashJoin({
      build: { range: customers.range({ reverse: true, limit: 4 }), on: 'key' },
      probe: { range: orders.range({ reverse: true, limit: 5, prefix: ['o'] }), on: { key: 1 } },
    });
    expect(pairs.map(({ build }) => build.key).toArray()).toEqual([5, 4, 3, 2]);
  });

  test('compares integers of 64 bits exactly', () => {
    const { env } = shop();
    const Long = struct({ n: t.u64 });
    const Float = struct({ n: t.f64 });
    const longs = env.collection('longs', { key: uint32, value: Long });
    const floats = env.collection('floats', { key: uint32, value: Float });
    longs.put(1, { n: 2n ** 53n });
    longs.put(2, { n: 2n ** 53n + 1n });
    floats.put(1, { n: 2 ** 53 });
    const pairs = hashJoin({
      build: { range: floats.range(), on: { field: 'n' } },
      probe: { range: longs.range(), on: { field: 'n' } },
      type: 'left',
    });
    expect(pairs.map(({ build, probe }) => [build?.key, probe.key]).toArray()).toEqual([
      [1, 1],
      [undefined, 2],
    ]);
  });

  test('an entry written before its field was added joins by the zero of its type, and an absent optional by nothing', () => {
    const { env } = shop();
    const folder = env.path;
    env.collection('grown', { key: uint32, value: struct({ a: t.u8 }) }).put(1, { a: 1 });
    env.close();
    const Grown = struct({ a: t.u8, b: t.u32, c: t.utf8, d: t.optional(t.utf8) });
    const grown = openAt(folder).collection('grown', { key: uint32, value: Grown });
    const on = (field: 'b' | 'c' | 'd') =>
      hashJoin({
        build: { range: grown.range(), on: { field } },
        probe: { range: grown.range(), on: { field } },
      }).count();
    expect([on('b'), on('c'), on('d')]).toEqual([1, 1, 0]);
  });

  test('joins on several values together, and on none that is absent', () => {
    const { customers, orders } = shop(3, 3);
    const both = hashJoin({
      build: { range: customers.range(), on: [{ field: 'id' }, { field: 'name' }] },
      probe: { range: orders.range(), on: [{ field: 'customer' }, { field: 'who' }] },
    });
    expect(both.count()).toBe(3);
    const none = hashJoin({
      build: { range: customers.range(), on: { field: 'tags' } },
      probe: { range: customers.range(), on: { field: 'tags' } },
    });
    expect(none.count()).toBe(0);
  });
});

describe('mergeJoin', () => {
  test('says which entry of which side is out of order, also behind the last match', () => {
    const { env } = shop();
    const Numbers = struct({ n: t.i32 });
    const sorted = env.collection('sorted', { key: uint32, value: Numbers });
    const unsorted = env.collection('unsorted', { key: uint32, value: Numbers });
    [1, 2].forEach((n, i) => {
      sorted.put(i, { n });
    });
    [1, 5, 2].forEach((n, i) => {
      unsorted.put(i, { n });
    });
    const on = { field: 'n' } as const;
    const bad = mergeJoin({ build: { range: unsorted.range(), on }, probe: { range: sorted.range(), on } });
    const error = thrown(() => bad.toArray());
    expect(error.code).toBe('ERR_KEY_ORDER');
    expect(error.message).toContain('the build side is not in join order: the entry with the key 00000002 ');
    expect(codeOf(() => bad.count())).toBe('ERR_KEY_ORDER');
    const swapped = mergeJoin({ build: { range: sorted.range(), on }, probe: { range: unsorted.range(), on } });
    expect(thrown(() => swapped.toArray()).message).toContain('the probe side');
    const good = mergeJoin({
      build: { range: unsorted.range({ limit: 2 }), on },
      probe: { range: sorted.range(), on },
    });
    expect(good.map(({ build, probe }) => [build.key, probe.key]).toArray()).toEqual([[0, 0]]);
  });

  test('gives each pair of equal runs', () => {
    const { env } = shop();
    const runs = env.collection('runs', { key: tuple, value: utf8 });
    env.write(() => {
      for (let value = 0; value < 4; value++) for (let i = 0; i < 30; i++) runs.put([value, i], 'x');
    });
    const pairs = mergeJoin({
      build: { range: runs.range({ gte: [1] }), on: { key: 0 } },
      probe: { range: runs.range({ lt: [3] }), on: { key: 0 } },
    });
    expect(pairs.count()).toBe(2 * 30 * 30);
    const seen = pairs.map(({ build, probe }) => `${probe.key.toHex()} ${build.key.toHex()}`).toArray();
    expect(new Set(seen).size).toBe(2 * 30 * 30);
    expect([...seen].sort()).toEqual(seen);
  });
});
