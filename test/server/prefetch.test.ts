import { afterEach, describe, expect, test } from 'vitest';
import { OBJECTS } from '../../lib/catalog/own-collections.ts';
import { connect } from '../../lib/client/index.ts';
import { NO_COUNTERS } from '../../lib/client/no-counters.ts';
import { dial } from '../../lib/client/remote/dial.ts';
import { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import type { Environment } from '../../lib/index.ts';
import { ID_BYTES, putId } from '../../lib/key/object-id.ts';
import { idOf, openStore, persistent, ref, t } from '../../lib/objects/index.ts';
import { referencesOf } from '../../lib/objects/record/record.ts';
import { type ServeOptions, type Server, serve } from '../../lib/server/index.ts';
import { parseAddress } from '../../lib/wire/address.ts';
import { openTemporary, rejection, until } from '../support/fixture.ts';

const Page = persistent('prefetch.Page', { text: t.utf8, next: ref().optional(), other: ref().optional() })(class {});

const COUNT = 400;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Place {
  readonly env: Environment;
  readonly server: Server;
  /** The objects of a list: each one refers to the next one, and to one that nobody needs. */
  readonly first: { text: string; next: object };
  readonly connect: (prefetch?: boolean, token?: string, timeout?: number) => Promise<RemoteEngine>;
}

async function place(options: Partial<ServeOptions> = {}): Promise<Place> {
  const env = openTemporary();
  const store = openStore(env);
  const root = store.root as Record<string, object>;
  store.write(() => {
    let page: object | undefined;
    for (let i = COUNT; i > 0; i--) {
      page = new Page({ text: `page ${i}`, next: page, other: new Page({ text: `note ${i}` }) });
    }
    root.first = page as object;
  });
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', ...options });
  closing.push(() => server.close());
  const address = parseAddress(server.addresses[0] as string);
  const connectTo = async (prefetch = true, token?: string, timeout = 10_000): Promise<RemoteEngine> => {
    const engine = await RemoteEngine.connect({
      dial: () => dial(address, { tls: undefined, timeout: 5000 }),
      token,
      timeout,
      mostValue: 2 ** 31 - 1,
      onState: () => {},
      prefetch,
    });
    closing.push(() => engine.close());
    return engine;
  };
  return { env, server, first: root.first as never, connect: connectTo };
}

const keyOf = (id: number): Uint8Array => {
  const key = new Uint8Array(ID_BYTES);
  putId(key, 0, id);
  return key;
};

async function read(engine: RemoteEngine, id: number): Promise<{ bytes: Uint8Array; isHere: boolean }> {
  let bytes: Uint8Array | undefined;
  const wait = engine.load([{ collection: OBJECTS, key: keyOf(id) }], engine.processed(), (state) => {
    bytes = state.bytes;
  });
  const isHere = bytes !== undefined;
  await wait;
  return { bytes: bytes as Uint8Array, isHere };
}

/** Goes along the list. Returns how many trips that took. */
async function walk(engine: RemoteEngine, from: number, most: number = COUNT): Promise<number> {
  let trips = 0;
  let seen = 0;
  for (let id: number | undefined = from; id !== undefined && seen < most; seen++) {
    const { bytes, isHere } = await read(engine, id);
    if (!isHere) trips++;
    // The list was made from its end: what comes next has the least id.
    id = referencesOf(bytes).length < 2 ? undefined : Math.min(...referencesOf(bytes));
    // What the server has sent comes in another turn.
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
  }
  expect(seen).toBe(most);
  return trips;
}

describe('a server that is asked to fetch ahead', () => {
  test('sends what clients have asked for after such an object, and little else', async () => {
    const { server, first, connect: connectTo } = await place();
    const id = idOf(first) as number;
    expect(await walk(await connectTo(false), id)).toBe(COUNT);
    await walk(await connectTo(), id);
    const engine = await connectTo();
    expect(await walk(engine, id)).toBeLessThan(COUNT / 8);
    const { prefetched, prefetchUsed, prefetchWasted } = engine.prefetch?.counters ?? NO_COUNTERS;
    expect(prefetchUsed).toBeGreaterThan(COUNT / 2);
    expect((prefetched - prefetchUsed + prefetchWasted) / prefetched).toBeLessThan(0.2);
    // Nobody has followed the other field.
    const other = referencesOf((await read(engine, id)).bytes);
    expect((await read(engine, Math.max(...other))).isHere).toBe(false);
    const counters = server.counters();
    expect(counters.prefetchUsed).toBeGreaterThan(0);
    expect(server.metrics()).toContain(`leasehold_prefetched_total ${counters.prefetched}`);
  });

  test('learns that a field is not followed any more, and sends little in vain meanwhile', async () => {
    const { server, first, connect: connectTo } = await place();
    const id = idOf(first) as number;
    await walk(await connectTo(), id);
    for (let i = 0; i < 40; i++) {
      const engine = await connectTo();
      await walk(engine, id, 1);
      engine.close();
    }
    const before = server.counters();
    const engine = await connectTo();
    await walk(engine, id, 2);
    expect(engine.prefetch?.counters.prefetched).toBe(0);
    expect(server.counters().prefetched).toBe(before.prefetched);
  });

  test('what a commit has changed is asked for', async () => {
    const { env, first, connect: connectTo } = await place();
    const id = idOf(first) as number;
    await walk(await connectTo(), id);
    const engine = await connectTo();
    await walk(engine, id, 1);
    const next = first.next as { text: string };
    while ((engine.prefetch?.counters.prefetched ?? 0) === 0) await new Promise(setImmediate);
    next.text = 'changed';
    while (engine.processed() < env.read((txn) => txn.tid)) await new Promise(setImmediate);
    const { bytes, isHere } = await read(engine, idOf(next) as number);
    expect([isHere, Buffer.from(bytes).includes('changed')]).toEqual([false, true]);
    expect(engine.prefetch?.counters.prefetchWasted).toBe(1);
  });

  test.each([10_000, 50])(
    'goes on after the connection was lost, however long requests wait (%i ms)',
    async (timeout) => {
      const { env, server, first, connect: connectTo } = await place();
      const id = idOf(first) as number;
      await walk(await connectTo(), id);
      const engine = await connectTo(true, undefined, timeout);
      await walk(engine, id, 10);
      await server.close();
      if (timeout < 10_000) expect((await rejection(engine.claimIds(1))).code).toBe('ERR_DISCONNECTED');
      const again = await serve(env, { listen: server.addresses });
      closing.push(() => again.close());
      const before = engine.prefetch?.counters.prefetched as number;
      await until(() => engine.isConnected, 'there is a connection');
      await walk(engine, id);
      await walk(engine, id);
      expect(engine.prefetch?.counters.prefetched).toBeGreaterThan(before);
    },
  );

  test('needs the right to read all objects; without it, all is asked for as before', async () => {
    const token = 'a token that may read notes';
    const { connect: connectTo } = await place({ tokens: [{ token, grants: [{ collection: 'notes', read: true }] }] });
    const engine = await connectTo(true, token);
    const wait = engine.load([{ collection: OBJECTS, key: keyOf(1) }], engine.processed(), () => {});
    expect((await rejection(Promise.resolve(wait))).code).toBe('ERR_FORBIDDEN');
    expect(engine.prefetch?.counters.prefetched).toBe(0);
  });

  test('connect() takes the option, and the store counts', async () => {
    const { server } = await place();
    const address = server.addresses[0] as string;
    const store = await connect(address, { prefetch: true });
    closing.push(() => store.close());
    expect(store.counters()).toMatchObject({ prefetched: 0, prefetchUsed: 0, prefetchWasted: 0, hits: 0 });
    const plain = await connect(address);
    closing.push(() => plain.close());
    expect(plain.counters()).toBeUndefined();
    expect((await rejection(connect(address, { prefetch: 1 as never }))).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});
