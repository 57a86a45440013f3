import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../lib/client/index.ts';
import { openStore, PersistentMap, persistent, type RemoteStore, ref, t } from '../../../lib/objects/index.ts';
import { rejection } from '../../support/fixture.ts';
import { type Any, PLACES, type Place } from './places.ts';

/* Hints with a name that no object has would fetch too little, and nobody would notice. */

const Maker: Any = persistent('hints.Maker', { name: t.utf8 })(class {});
const Item: Any = persistent('hints.Item', {
  maker: ref(() => Maker).optional(),
  any: ref().optional(),
  data: t.json().optional(),
  price: t.u32,
})(class {});
const Special: Any = persistent('hints.Special', { extra: ref(() => Maker).optional() })(class extends Item {});
const Shop: Any = persistent('hints.Shop', {
  best: ref(() => Item).optional(),
  items: ref(() => PersistentMap).optional(),
})(class {});

describe.each(PLACES)('%s', (_name, make) => {
  let place: Place;
  let store: Store;
  let objects: RemoteStore<Any>;
  beforeEach(async () => {
    place = await make();
    store = await place.connect();
    objects = await openStore<Any>(store, { classes: [Shop, Item, Maker] });
    await objects.transact((txn) => {
      const maker = new Maker({ name: 'm' });
      const items = new PersistentMap([['a', new Item({ maker, price: 1 })]]);
      txn.root.shop = new Shop({ best: new Special({ maker, extra: maker, price: 2 }), items });
    });
  });
  afterEach(async () => {
    await store.close();
    await place.close();
  });

  const refused = async (promise: Promise<unknown>, path: string): Promise<void> => {
    expect(await rejection(promise)).toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining(`${path} is`),
    });
  };

  test('a name that the class has not is refused, with its path', async () => {
    const { shop } = await objects.load(objects.root, { shop: true });
    await refused(objects.load(shop, { bset: true }), 'hints.bset');
    await refused(objects.load(shop, { best: { makr: true } }), 'hints.best.makr');
    await refused(objects.load(shop, { best: { maker: { items: true } } }), 'hints.best.maker.items');
    const error = await rejection(objects.load(shop, { best: { makr: true } }));
    expect(error.message).toContain(
      "no field of 'hints.Item', 'hints.Special': hints can name maker, any, data, extra",
    );
    await refused(
      objects.transact((txn) => txn.load(shop, { bset: true })),
      'hints.bset',
    );
    const view = await objects.snapshot();
    await refused(view.load(shop, { bset: true }), 'hints.bset');
    view.end();
  });

  test('a class that extends the one that is referred to has more fields', async () => {
    const { shop } = await objects.load(objects.root, { shop: true });
    const { best } = await objects.load(shop, { best: { extra: true, maker: true, price: true } });
    expect([best.extra.name, best.maker.name]).toEqual(['m', 'm']);
  });

  test('where any class can be, a name is refused that no class has', async () => {
    const read = (hints: Any) => objects.read(({ root }) => root.shop.items.get('a').maker.name, { hints });
    expect(await read({ shop: { items: { maker: true } } })).toBe('m');
    expect(await read({ shop: { items: { extra: true } }, absent: { maker: true } })).toBe('m');
    await refused(read({ shop: { itms: true } }), 'hints.shop.itms');
    await refused(read({ shop: { items: { makr: true } } }), 'hints.shop.items.makr');
    await refused(
      objects.transact(() => {}, { hints: { shop: { itms: true } } }),
      'hints.shop.itms',
    );
    const { shop } = await objects.load(objects.root, { shop: true });
    await refused(objects.load(shop, { items: { makr: true } }), 'hints.items.makr');
    await refused(objects.load(shop, { best: { any: { makr: true } } }), 'hints.best.any.makr');
    await refused(objects.load(shop, { best: { data: { makr: true } } }), 'hints.best.data.makr');
    await refused(objects.load(3, { makr: true }), 'hints.makr');
  });

  test('an object that is not here is shown in a short form', async () => {
    const other = await place.connect();
    const fresh = await openStore<Any>(other);
    expect(inspect(fresh.root)).toBe('Root 1 <not loaded>');
    expect(inspect({ root: fresh.root })).toBe('{ root: Root 1 <not loaded> }');
    const { shop } = await fresh.load(fresh.root, { shop: true });
    expect(inspect(shop)).toContain('hints.Shop {');
    const { items } = await fresh.load(shop, { items: true });
    expect(inspect(items)).toContain("'a' =>");
    await objects.transact((txn) => {
      txn.root.shop.items.set('b', 1);
      txn.root.shop.best = undefined;
    });
    await other.sync();
    expect(inspect(items)).toMatch(/^PersistentMap \d+ <not loaded>$/);
    expect(inspect(shop)).toMatch(/^hints\.Shop \d+ <not loaded>$/);
    await other.close();
  });

  test('a transaction whose function never ends is over when the store is closed', async () => {
    const pending = async (of: RemoteStore<Any>): Promise<[rejected: Promise<{ code: string }>]> => {
      let begun: (() => void) | undefined;
      const hasBegun = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const run = rejection(
        of.transact(() => {
          begun?.();
          return new Promise(() => {});
        }),
      );
      await hasBegun;
      return [run];
    };
    const another = await openStore<Any>(store);
    const [first] = await pending(objects);
    const [second] = await pending(another);
    objects.close();
    expect((await first).code).toBe('ERR_ENV_CLOSED');
    await store.close();
    expect((await second).code).toBe('ERR_ENV_CLOSED');
  });
});
