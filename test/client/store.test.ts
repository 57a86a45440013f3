import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../lib/client/index.ts';
import { json, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { codeOf, rejection } from '../support/fixture.ts';
import { PLACES, type Place } from './places.ts';

/** What a program can do with a store must not depend on where it is. */

const city = struct({ name: t.utf8, population: t.u32 });

describe.each(PLACES)('%s', (_name, make) => {
  let place: Place;
  let store: Store;
  const stores: Store[] = [];
  const another = async (): Promise<Store> => {
    const opened = await place.connect();
    stores.push(opened);
    return opened;
  };
  beforeEach(async () => {
    place = await make();
    store = await another();
  });
  afterEach(async () => {
    for (const each of stores.splice(0)) await each.close();
    await place.close();
  });

  const cities = (of: Store = store) => of.collection('cities', { key: tuple, value: city });

  test('what is put is there, with its codecs, for those too that do not give them', async () => {
    await cities().put(['FR', 'Paris'], { name: 'Paris', population: 2_100_000 });
    expect((await cities().get(['FR', 'Paris']))?.population).toBe(2_100_000);
    const other = await another();
    const found = (await other.collection('cities').get(['FR', 'Paris'])) as { name: string };
    expect(found.name).toBe('Paris');
    expect(await other.collections()).toEqual(['cities']);
    expect(await cities().get(['FR', 'Nice'])).toBeUndefined();
    expect([await cities().has(['FR', 'Paris']), await cities().has(['DE', 'Bonn'])]).toEqual([true, false]);
  });

  test('a codec that does not fit, and a collection that is absent, are refused', async () => {
    await cities().put(['FR', 'Paris'], { name: 'Paris', population: 1 });
    expect((await rejection(store.collection('cities', { key: utf8 }).get('x'))).code).toBe('ERR_CODEC');
    expect((await rejection(store.collection('towns').get('x'))).code).toBe('ERR_NO_COLLECTION');
    expect((await rejection(store.collection('towns', { create: false, key: utf8, value: json }).get('x'))).code).toBe(
      'ERR_NO_COLLECTION',
    );
  });

  test('ranges are in order, in both directions, with bounds, prefixes, limits and offsets', async () => {
    const numbers = store.collection('numbers', { key: tuple, value: json });
    await store.collection('numbers', { key: tuple, value: json }).put([0], null);
    await store.batch(
      Array.from({ length: 3000 }, (_, i) => ({ type: 'put', collection: 'numbers', key: [i], value: { i } }) as const),
    );
    const keys = async (options: object): Promise<number[]> => {
      const found: number[] = [];
      for await (const { key } of numbers.range(options)) found.push(([...(key as Iterable<number>)] as [number])[0]);
      return found;
    };
    expect(await keys({})).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(await keys({ gt: [10], lte: [13] })).toEqual([11, 12, 13]);
    expect(await keys({ prefix: [2999] })).toEqual([2999]);
    expect(await keys({ reverse: true, limit: 3 })).toEqual([2999, 2998, 2997]);
    expect(await keys({ offset: 2998 })).toEqual([2998, 2999]);
    expect(await numbers.count()).toBe(3000);
    expect(await numbers.count({ gte: [2000] })).toBe(1000);
    let seen = 0;
    await numbers.scan({ gte: [5] }, ({ value }) => {
      expect((value as { i: number }).i).toBe(5 + seen);
      return ++seen < 10;
    });
    expect(seen).toBe(10);
    // A loop that ends early leaves nothing behind that the next one would wait for.
    for await (const { key } of numbers.range()) {
      expect(key).toBeDefined();
      break;
    }
    expect(await keys({ lt: [2] })).toEqual([0, 1]);
  });

  test('many keys are answered in their order, absent ones as undefined, repeated ones each time', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    await items.put('b', 2);
    expect(await items.getMany(['b', 'x', 'a', 'b'])).toEqual([2, undefined, 1, 2]);
    expect(await items.getMany([])).toEqual([]);
  });

  test('versions tell commits apart; putIf and delIf are made only if nobody was faster', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    expect(await items.version('a')).toBe(0);
    expect(await items.putIf('a', 1, 0)).toBe(true);
    expect(await items.putIf('a', 2, 0)).toBe(false);
    const version = await items.version('a');
    expect(version).toBeGreaterThan(0);
    expect(await items.delIf('a', version - 1)).toBe(false);
    expect(await items.del('a')).toBe(true);
    expect(await items.del('a')).toBe(false);
  });

  test('a view stays at its commit, whatever is committed meanwhile', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    const view = await store.snapshot();
    await items.put('a', 2);
    await items.put('b', 2);
    expect(await view.collection('items').get('a')).toBe(1);
    expect(await items.get('a', view)).toBe(1);
    expect(await items.has('b', view)).toBe(false);
    expect(await items.count(undefined, view)).toBe(1);
    expect(await items.get('a')).toBe(2);
    view.close();
    view.close();
    expect((await rejection(items.get('a', view))).code).toBe('ERR_TXN_ENDED');
  });

  test('a synced view has what others have committed before', async () => {
    const other = await another();
    const items = (of: Store) => of.collection('items', { key: utf8, value: json });
    await items(store).put('a', 0);
    for (let i = 1; i <= 20; i++) {
      await items(store).put('a', i);
      const view = await other.snapshot({ sync: true });
      expect(await items(other).get('a', view)).toBe(i);
      view.close();
    }
  });

  test('transactions see what they write, commit whole, run again after conflicts, and lose nothing', async () => {
    const items = (of: Store) => of.collection('items', { key: utf8, value: json });
    await items(store).put('n', 0);
    const others = [store, await another(), await another()];
    await Promise.all(
      others.flatMap((each) =>
        Array.from({ length: 5 }, () =>
          each.transact(
            async (txn) => {
              const mine = txn.collection('items');
              const n = (await mine.get('n')) as number;
              await mine.put('n', n + 1);
              expect(await mine.get('n')).toBe(n + 1);
              await mine.put(`seen ${n}`, true);
              const keys: unknown[] = [];
              for await (const { key } of mine.range({ prefix: 'seen' })) keys.push(String(key));
              expect(keys).toHaveLength(n + 1);
              expect(await mine.count({ prefix: 'seen' })).toBe(n + 1);
            },
            { retries: 1000 },
          ),
        ),
      ),
    );
    await store.sync();
    expect(await items(store).get('n')).toBe(15);
    expect(await items(store).count()).toBe(16);
    const failed = store.transact(async (txn) => {
      await txn.collection('items').put('n', 99);
      await txn.collection('items').del('seen 0');
      throw new Error('no');
    });
    expect((await rejection(failed)).message).toBe('no');
    expect(await items(store).get('n')).toBe(15);
  });

  test('who reads while very many commits come gets the newest one, and views stay', async () => {
    const other = await another();
    const items = (of: Store) => of.collection('items', { key: utf8, value: json });
    await items(store).put('n', 0);
    await other.sync();
    let isDone = false;
    const writing = (async () => {
      for (let n = 1; n <= 300; n++) await items(store).put('n', n);
      isDone = true;
    })();
    let last = 0;
    while (!isDone) {
      const n = (await items(other).get('n')) as number;
      expect(n).toBeGreaterThanOrEqual(last);
      last = n;
      const view = await other.snapshot();
      const [first, second] = [await items(other).get('n', view), await items(other).get('n', view)];
      expect(second).toBe(first);
      for await (const { value } of items(other).range()) expect(value).toBeGreaterThanOrEqual(last);
      view.close();
      // Reads of a folder do not wait for anything.
      await setImmediate();
    }
    await writing;
  });

  test('clear deletes a range, or everything, also in a transaction; prefetch tells how many entries there are', async () => {
    const items = store.collection('items', { key: tuple, value: json });
    for (const key of ['a', 'b', 'c', 'd']) await items.put([key], key);
    expect(await items.prefetch()).toBe(4);
    expect(await items.prefetch({ gte: ['b'], limit: 2 })).toBe(2);
    expect(await items.prefetch([['a'], ['x']])).toBe(1);
    expect(await items.clear({ gte: ['c'] })).toBe(2);
    const cleared = await store.transact(async (txn) => {
      await items.put(['e'], 1, txn);
      const count = await items.clear(undefined, txn);
      expect(await items.count(undefined, txn)).toBe(0);
      return count;
    });
    expect(cleared).toBe(3);
    expect(await items.count()).toBe(0);
    expect(await items.clear()).toBe(0);
  });

  test('clear refuses what would delete more than is meant', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    for (const wrong of [{ prefix: undefined }, { gte: undefined }, { offset: 1 }, 'a', ['a'], items]) {
      expect((await rejection(items.clear(wrong as never))).code).toMatch(/^ERR_INVALID_ARG/);
      const inTransaction = store.transact((txn) => items.clear(wrong as never, txn));
      expect((await rejection(inTransaction)).code).toMatch(/^ERR_INVALID_ARG/);
    }
    expect(await items.count()).toBe(1);
  });

  test('all entries of a range are given as an array; options that only folders have are refused', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    for (const key of ['a', 'b', 'c']) await items.put(key, key.charCodeAt(0));
    const shown = (await items.range({ gt: 'a' }).toArray()).map(({ key, value }) => [key, value]);
    expect(shown).toEqual([
      ['b', 98],
      ['c', 99],
    ]);
    const range = items.range();
    expect((await range.next()).value?.key).toBe('a');
    expect(await range.toArray()).toHaveLength(2);
    expect(await range.toArray()).toEqual([]);
    expect(inspect(items.range())).toBe("StoreRange of 'items'");
    expect(inspect(items.watch())).toBe("CollectionWatch of 'items'");
    for (const option of ['cursor', 'distinct', 'onEnd', 'start']) {
      const { code, message } = await rejection(items.count({ [option]: 'x' }));
      expect([code, message.includes('onEnd') && option !== 'onEnd']).toEqual(['ERR_INVALID_ARG_VALUE', false]);
    }
  });

  test('a batch, a transaction and a view take a collection in place of its name, also one that is not made yet', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await store.batch([{ type: 'put', collection: items, key: 'a', value: 1 }]);
    const others = store.collection('others', { key: utf8, value: json });
    await store.transact(async (txn) => {
      const [mine, theirs] = [txn.collection(items), txn.collection(others)];
      await theirs.put('b', await mine.get('a'));
    });
    await using view = await store.snapshot();
    expect(await view.collection(others).get('b')).toBe(1);
    expect(await view.collection('others').get('b')).toBe(1);
    const foreign = (await another()).collection('items');
    const wrongs = [foreign, {}, undefined, Object.create(items)];
    for (const wrong of wrongs) {
      expect(codeOf(() => view.collection(wrong as never))).toMatch(/^ERR_INVALID_ARG/);
      const batch = store.batch([{ type: 'del', collection: wrong as never, key: 'a' }]);
      expect((await rejection(batch)).code).toMatch(/^ERR_INVALID_ARG/);
      const inTransaction = store.transact((txn) => txn.collection(wrong as never));
      expect((await rejection(inTransaction)).code).toMatch(/^ERR_INVALID_ARG/);
    }
    expect(codeOf(() => store.collection(items as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  test('a batch is made whole or not at all', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    const version = await items.version('a');
    const operations = [
      { type: 'put', collection: 'items', key: 'b', value: 2 },
      { type: 'del', collection: 'items', key: 'a', ifVersion: version + 1 },
    ] as const;
    expect((await rejection(store.batch(operations))).code).toBe('ERR_CONFLICT');
    expect(await items.has('b')).toBe(false);
    await store.batch([operations[0], { type: 'del', collection: 'items', key: 'a', ifVersion: version }]);
    expect([await items.get('a'), await items.get('b')]).toEqual([undefined, 2]);
  });

  test('watch tells what others change in a range, commit by commit, and ends', async () => {
    const other = await another();
    const items = (of: Store) => of.collection('items', { key: utf8, value: json });
    await items(store).put('a', 0);
    await other.sync();
    const told: string[] = [];
    const watching = (async () => {
      for await (const { keys } of items(other).watch({ prefix: 'b' })) {
        told.push(...(keys ?? []).map(String));
        if (told.length === 3) break;
      }
    })();
    for (const key of ['a', 'b1', 'c', 'b2', 'b3']) await items(store).put(key, 1);
    await watching;
    expect(told).toEqual(['b1', 'b2', 'b3']);
    const stop = new AbortController();
    const aborted = (async () => {
      for await (const change of items(other).watch({ signal: stop.signal })) expect(change).toBeUndefined();
    })();
    stop.abort();
    expect((await rejection(aborted)).code).toBe('ABORT_ERR');
  });

  test('large values go both ways, while small ones pass', async () => {
    const items = store.collection('items', { key: utf8 });
    const blobs = store.collection('blobs', { key: utf8, value: json });
    await blobs.put('small', 1);
    const large = 'x'.repeat(5_000_000);
    await blobs.put('large', large);
    const [first, small] = await Promise.all([blobs.get('large'), blobs.get('small')]);
    expect(first === large).toBe(true);
    expect(small).toBe(1);
    const many = await blobs.getMany(['small', 'large']);
    expect(many[1] === large).toBe(true);
    let count = 0;
    await blobs.scan(undefined, ({ value }) => {
      count++;
      expect(value === 1 || value === large).toBe(true);
    });
    expect(count).toBe(2);
    expect(items.name).toBe('items');
  });

  test('a store that was closed says so', async () => {
    const items = store.collection('items', { key: utf8, value: json });
    await items.put('a', 1);
    await store.close();
    await store.close();
    expect((await rejection(items.get('a'))).code).toBe('ERR_ENV_CLOSED');
    expect((await rejection(items.put('a', 1))).code).toBe('ERR_ENV_CLOSED');
  });
});
