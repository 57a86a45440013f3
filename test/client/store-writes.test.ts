import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LeaseholdError, Store } from '../../lib/client/index.ts';
import { json, struct, t, tuple, utf8 } from '../../lib/index.ts';
import { codeOf, rejection } from '../support/fixture.ts';
import { PLACES, type Place } from './places.ts';

/** What a program writes to a collection of a store: the same calls as in a folder, with the same results, wherever the store is. */

const person = struct({ name: t.utf8, age: t.u32 });

describe.each(PLACES)('%s', (_name, make) => {
  let place: Place;
  let store: Store;
  const stores: Store[] = [];
  const another = async (): Promise<Store> => {
    const opened = await place.connect();
    stores.push(opened);
    return opened;
  };
  const items = (of: Store = store) => of.collection('items', { key: utf8, value: json });
  const people = (of: Store = store) => of.collection('people', { key: tuple, value: person });
  beforeEach(async () => {
    place = await make();
    store = await another();
  });
  afterEach(async () => {
    for (const each of stores.splice(0)) await each.close();
    await place.close();
  });

  test('putNew stores what is new, and nothing else', async () => {
    expect(await items().putNew('a', 1)).toBe(true);
    expect(await items().putNew('a', 2)).toBe(false);
    expect(await items().get('a')).toBe(1);
    const others = [store, await another(), await another()];
    const firsts = await Promise.all(others.map((each, i) => items(each).putNew('b', i)));
    expect(firsts.filter(Boolean)).toHaveLength(1);
    await store.sync();
    expect(await items().get('b')).toBe(firsts.indexOf(true));
  });

  test('update stores what its function makes of the value, and gives it', async () => {
    expect(await items().update('n', (n) => ((n as number | undefined) ?? 0) + 1)).toBe(1);
    expect(await items().update('n', (n) => (n as number) + 1)).toBe(2);
    await people().put(['FR', 'ann'], { name: 'Ann', age: 41 });
    const older = await people().update(['FR', 'ann'], (ann) => ({
      ...(ann as { name: string; age: number }),
      age: 42,
    }));
    expect(older).toEqual({ name: 'Ann', age: 42 });
    expect((await people().get(['FR', 'ann']))?.toObject()).toEqual({ name: 'Ann', age: 42 });
  });

  test('updates of several clients lose nothing', async () => {
    const all = [store, await another(), await another()];
    const add = (each: Store) => items(each).update('n', (n) => ((n as number | undefined) ?? 0) + 1);
    await Promise.all(all.flatMap((each) => Array.from({ length: 8 }, () => add(each))));
    await store.sync();
    expect(await items().get('n')).toBe(24);
  });

  test('update refuses what it cannot store, and stores nothing', async () => {
    await items().put('a', 1);
    expect((await rejection(items().update('a', (async () => 2) as never))).code).toBe('ERR_ASYNC_CALLBACK');
    expect((await rejection(items().update('a', (() => undefined) as never))).code).toBe('ERR_INVALID_ARG_TYPE');
    expect((await rejection(items().update('a', 2 as never))).code).toBe('ERR_INVALID_ARG_TYPE');
    const thrown = items().update('a', () => {
      throw new Error('no');
    });
    expect((await rejection(thrown)).message).toBe('no');
    expect(await items().get('a')).toBe(1);
  });

  test('the same calls in a transaction see what it has written, and commit with it', async () => {
    await items().put('old', 1);
    await store.transact(async (txn) => {
      const mine = items().in(txn);
      expect(await mine.putNew('new', 1)).toBe(true);
      expect(await mine.putNew('new', 2)).toBe(false);
      expect([await mine.has('new'), await mine.has('none'), await mine.get('new')]).toEqual([true, false, 1]);
      expect(await mine.putIf('new', 2, 0)).toBe(false);
      expect(await items().putIf('new', 3, await mine.version('new'), txn)).toBe(true);
      expect(await items().update('old', (n) => (n as number) + 10, txn)).toBe(11);
      expect(await items().putNew('other', 1, txn)).toBe(true);
      expect(await mine.delIf('other', 0)).toBe(false);
      expect(await items().delIf('other', await items().version('other', txn), txn)).toBe(true);
      expect(await items().delIf('other', 0, txn)).toBe(true);
      const seen: unknown[] = [];
      await items().scan(undefined, ({ key, value, version }) => seen.push([String(key), value, version > 0]), txn);
      expect(seen).toEqual([
        ['new', 3, true],
        ['old', 11, true],
      ]);
      expect(await items().get('new')).toBeUndefined();
    });
    expect(await items().getMany(['new', 'old', 'other'])).toEqual([3, 11, undefined]);
  });

  test('in() takes views and transactions of the store, and nothing else', async () => {
    await items().put('a', 1);
    const view = await store.snapshot();
    await items().put('a', 2);
    expect(await items().in(view).get('a')).toBe(1);
    view.close();
    expect(codeOf(() => items().in({} as never))).toBe('ERR_INVALID_ARG_TYPE');
    const foreign = await (await another()).snapshot();
    expect(codeOf(() => items().in(foreign))).toBe('ERR_INVALID_ARG_VALUE');
    foreign.close();
  });

  test('ERR_CONFLICT names the keys as the codecs give them', async () => {
    await people().put(['FR', 'ann'], { name: 'Ann', age: 41 });
    const run = store.transact(
      async (txn) => {
        await people().in(txn).get(['FR', 'ann']);
        await items().in(txn).range({ prefix: 'x' }).toArray();
        await people().put(['FR', 'ann'], { name: 'Ann', age: 42 });
        await items().put('x1', 1);
        await items().in(txn).put('mine', 1);
      },
      { retries: 0 },
    );
    const error = (await rejection(run)) as LeaseholdError & { conflicts: { collection: string; key: unknown }[] };
    expect(error).toMatchObject({ code: 'ERR_CONFLICT', message: expect.stringContaining("in 'people'") });
    const shown = error.conflicts.map(({ collection, key }) => [collection, key === undefined ? key : String(key)]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['people', '["FR","ann"]'],
        ['items', undefined],
      ]),
    );
    expect(await items().get('mine')).toBeUndefined();
  });

  test('a transaction whose function never ends is over when the store is closed', async () => {
    let begun: (() => void) | undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const run = store.transact(() => {
      begun?.();
      return new Promise(() => {});
    });
    run.catch(() => {});
    await hasBegun;
    await store.close();
    expect((await rejection(run)).code).toBe('ERR_ENV_CLOSED');
  });
});
