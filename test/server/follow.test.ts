import { afterEach, describe, expect, test } from 'vitest';
import { CacheFile } from '../../lib/cache/cache-file.ts';
import { openFolder } from '../../lib/cache/cache-folder.ts';
import { CachedEngine } from '../../lib/cache/cached-engine.ts';
import { ITEMS, OBJECTS } from '../../lib/catalog/own-collections.ts';
import type { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { ID_BYTES, idAt, putId } from '../../lib/key/object-id.ts';
import { idOf, openStore, PersistentList, PersistentMap, persistent, ref, t } from '../../lib/objects/index.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { isIn } from '../../lib/versions/byte-range.ts';
import type { FollowedRows, Loaded } from '../../lib/versions/engine/engine.ts';
import { openTemporary, rejection, temporaryFolder } from '../support/fixture.ts';
import { connectEngine } from './remote.ts';

const Product = persistent('follow.Product', { name: t.utf8 })(class {});
const Line = persistent('follow.Line', { product: ref(() => Product).optional() })(class {});
const Order = persistent('follow.Order', { lines: ref(() => PersistentList), notes: t.json, next: ref().optional() })(
  class {},
);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Place {
  readonly engine: RemoteEngine;
  readonly server: Server;
  readonly shop: ReturnType<typeof openStore>;
  /** Fulfilled when the engine was told all. */
  readonly caughtUp: () => Promise<void>;
  /** Ids by name. */
  readonly ids: Readonly<Record<'order' | 'lines' | 'a' | 'b' | 'chair' | 'table' | 'note', number>>;
}

async function place(options: Partial<ServeOptions> = {}, token?: string): Promise<Place> {
  const env = openTemporary();
  const shop = openStore(env);
  const root = shop.root as Record<string, unknown>;
  const [chair, table, note] = ['chair', 'table', 'note'].map((name) => new Product({ name })) as [
    object,
    object,
    object,
  ];
  const [a, b] = [new Line({ product: chair as never }), new Line({ product: table as never })];
  const lines = new PersistentList([a, b]);
  root.order = new Order({ lines, notes: { of: [note], text: 'x' }, next: undefined });
  const ids = { order: root.order as object, lines, a, b, chair, table, note };
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', ...options });
  closing.push(() => server.close());
  const address = server.addresses[0] as string;
  const engine = await connectEngine(address, token === undefined ? {} : { token });
  closing.push(() => engine.close());
  const byName = Object.fromEntries(Object.entries(ids).map(([name, object]) => [name, idOf(object)]));
  const caughtUp = async (): Promise<void> => {
    while (engine.processed() < env.read((txn) => txn.tid)) await new Promise(setImmediate);
  };
  return { engine, server, shop, caughtUp, ids: byName as never };
}

interface Found {
  readonly objects: number[];
  readonly states: Loaded[];
  readonly rows: FollowedRows[];
}

async function follow(
  engine: RemoteEngine | CachedEngine,
  ids: readonly number[],
  hints: unknown,
  budget = 2 ** 20,
): Promise<Found> {
  const found: Found = { objects: [], states: [], rows: [] };
  await engine.follow(
    { ids, hints, at: engine.processed(), budget },
    {
      state: (state) => {
        found.states.push(state);
        if (state.collection === OBJECTS) found.objects.push(idAt(state.key, 0));
      },
      rows: (rows) => void found.rows.push(rows),
    },
  );
  return found;
}

const keyOf = (id: number): Uint8Array => {
  const key = new Uint8Array(ID_BYTES);
  putId(key, 0, id);
  return key;
};

describe('a server follows references', () => {
  test('through fields, plain values and collections, breadth first, with one request', async () => {
    const { engine, server, ids } = await place();
    const { requests } = server.counters();
    const found = await follow(engine, [ids.order], {
      lines: { product: true },
      notes: { nothing: true },
      absent: true,
    });
    const { order, lines, note, a, b, chair, table } = ids;
    expect(found.objects).toEqual([order, lines, note, a, b, chair, table]);
    // OPEN of the two collections, FOLLOW.
    expect(server.counters().requests - requests).toBe(3);
    // The rows of the list are known whole: their number, and both.
    expect(found.rows.map(({ collection }) => collection)).toEqual([ITEMS]);
    const [{ range, rows }] = found.rows as [FollowedRows];
    expect(rows.map(({ key }) => [idAt(key, 0), key[ID_BYTES], isIn(key, range)])).toEqual([
      [lines, 0, true],
      [lines, 1, true],
      [lines, 1, true],
    ]);
  });

  test('as far as hints say, and no further', async () => {
    const { engine, ids } = await place();
    expect((await follow(engine, [ids.order], true)).objects).toEqual([ids.order]);
    const second = await follow(engine, [ids.a, ids.b], { product: true });
    expect(second.objects).toEqual([ids.a, ids.b, ids.chair, ids.table]);
  });

  test('what was sent before, and was not changed since, is not sent again', async () => {
    const { engine, shop, ids, caughtUp } = await place();
    await follow(engine, [ids.a], { product: true });
    expect((await follow(engine, [ids.a, ids.b], { product: true })).objects).toEqual([ids.b, ids.table]);
    const root = shop.root as { order: { lines: { at(i: number): { product: { name: string } } } } };
    root.order.lines.at(0).product.name = 'stool';
    await caughtUp();
    expect((await follow(engine, [ids.a], { product: true })).objects).toEqual([ids.chair]);
    expect((await follow(engine, [ids.a], { product: true })).objects).toEqual([]);
  });

  test('the budget bounds what is sent; many objects come in several frames', async () => {
    const { engine, shop, ids, caughtUp } = await place();
    const map = new PersistentMap(
      Array.from({ length: 3000 }, (_, i) => [i, new Product({ name: `p${i}${'x'.repeat(100)}` })]),
    );
    (shop.root as Record<string, unknown>).map = map;
    const id = idOf(map) as number;
    await caughtUp();
    const small = await follow(engine, [id], true, 60_000);
    expect(small.objects.length).toBeGreaterThan(1);
    expect(small.objects.length).toBeLessThan(600);
    const { objects, rows } = await follow(engine, [id, ids.order], true, 2 ** 30);
    expect(objects.length + small.objects.length).toBeGreaterThan(3000);
    expect(rows.reduce((count, each) => count + each.rows.length, 0)).toBe(3001);
  });

  test('cycles, and objects that are absent, do no harm', async () => {
    const { engine, shop, ids, caughtUp } = await place();
    const root = shop.root as { order: { next: unknown } };
    root.order.next = root.order;
    await caughtUp();
    const hints = { next: { next: { next: true } } };
    const { objects, states } = await follow(engine, [ids.order, 987_654], hints);
    expect(objects).toEqual([ids.order, 987_654]);
    expect(states.at(-1)?.bytes).toBeUndefined();
    for (const wrong of [7, { a: false }, null]) {
      expect((await rejection(follow(engine, [ids.order], wrong))).code).toMatch(/^ERR_INVALID_ARG/);
    }
  });

  test('a root gives the entries that hints name', async () => {
    const { engine, ids } = await place();
    const found = await follow(engine, [1], { order: { notes: true }, none: true });
    expect(found.objects).toEqual([1, ids.order, ids.note]);
    expect(
      found.states.filter(({ collection }) => collection === ITEMS).map(({ bytes }) => bytes === undefined),
    ).toEqual([false, true]);
  });

  test('a cache keeps all of it', async () => {
    const { engine, server, ids } = await place();
    const processed = engine.processed();
    const file = new CacheFile(openFolder(temporaryFolder()), 2 ** 22);
    const cached = new CachedEngine(engine, file, {
      tid: processed,
      nonce: '',
      storeId: engine.storeId,
      rights: '',
      reset: undefined,
    });
    await follow(cached, [ids.order], { lines: { product: true } });
    const { requests } = server.counters();
    for (const id of [ids.order, ids.lines, ids.a, ids.chair]) {
      let isThere = false;
      await cached.load([{ collection: OBJECTS, key: keyOf(id) }], processed, ({ bytes }) => {
        isThere = bytes !== undefined;
      });
      expect(isThere).toBe(true);
    }
    let rows = 0;
    const lower = Buffer.concat([keyOf(ids.lines), Buffer.from([0])]);
    const upper = Buffer.concat([keyOf(ids.lines), Buffer.from([2])]);
    await cached.range(ITEMS, { lower, lowerOpen: false, upper, upperOpen: true }, processed, 1000, (batch) => {
      rows += batch.rows.length;
    });
    expect([rows, server.counters().requests - requests]).toEqual([3, 0]);
    await cached.close();
  });

  test('needs the right to read all objects', async () => {
    const token = 'a token that may read some';
    const tokens = [{ token, grants: [{ collection: 'cities', read: true }] }];
    const { engine, ids } = await place({ tokens }, token);
    expect((await rejection(follow(engine, [ids.order], true))).code).toBe('ERR_FORBIDDEN');
  });

  test('a store without objects has nothing to follow', async () => {
    const env = openTemporary();
    const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
    closing.push(() => server.close());
    const engine = await connectEngine(server.addresses[0] as string);
    closing.push(() => engine.close());
    expect(await follow(engine, [1, 2], { a: true })).toEqual({ objects: [], states: [], rows: [] });
  });
});
