import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { RemoteEngine } from '../../lib/client/remote/remote-engine.ts';
import { bytes, type Environment } from '../../lib/index.ts';
import { type Server, serve } from '../../lib/server/index.ts';
import { connectEngine } from '../server/remote.ts';
import { openTemporary, until } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { put } from '../versions/engine/calls.ts';
import { checkTwoObjects } from '../versions/engine/two-objects.mjs';
import { Random, randomNumbers, SEED } from '../versions/random.ts';
import { BadNetwork, type Faults } from './bad-network.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Place {
  readonly env: Environment;
  readonly server: Server;
  readonly proxy: BadNetwork;
  engine(timeout?: number): Promise<RemoteEngine>;
}

async function place(faults: Faults = {}, env = openTemporary(), limits = {}): Promise<Place> {
  for (const name of ['objects', 'items']) env.collection(name, { key: bytes, value: bytes, versions: true });
  const server = await serve(env, { listen: 'tcp://127.0.0.1:0', limits });
  const proxy = await BadNetwork.start(() => server.addresses[0] as string, new Random(SEED), faults);
  closing.push(
    () => server.close({ timeout: 100 }),
    () => proxy.close(),
  );
  const engine = async (timeout = 60_000): Promise<RemoteEngine> => {
    for (;;) {
      try {
        const connected = await connectEngine(proxy.address, { timeout });
        closing.push(() => connected.close());
        return connected;
      } catch {
        // The first connection may be cut, too: connect() tells that.
      }
    }
  };
  return { env, server, proxy, engine };
}

describe(`through a network that delays, cuts and trickles (seed ${SEED})`, () => {
  test.each(['equal', 'phase'] as const)('two objects change together: %s', { timeout: 3_600_000 }, async (mode) => {
    const { proxy, engine } = await place({ delay: 3, most: 400, cut: 0.01 });
    const engines = [await engine(), await engine()];
    const randomOf = (worker: number) => randomNumbers(SEED + worker);
    const cutting = setInterval(() => proxy.cutAll(), 200);
    const checking = checkTwoObjects(engines, { mode, transactions: runs(4, 1000), randomOf });
    expect(await checking.finally(() => clearInterval(cutting))).toBeGreaterThan(30);
    expect(proxy.cuts).toBeGreaterThan(0);
  });

  test('byte by byte, everything arrives', async () => {
    const { env, engine } = await place({ most: 1 });
    const key = Buffer.from('a');
    env.collection('items', { key: bytes, value: bytes }).put(key, Buffer.alloc(30_000, 'v'));
    const remote = await engine();
    let found: Uint8Array | undefined;
    await remote.load([{ collection: 'items', key }], remote.processed(), (state) => {
      found = state.bytes;
    });
    expect(Buffer.from(found as Uint8Array).equals(Buffer.alloc(30_000, 'v'))).toBe(true);
  });

  test('a commit whose answer is lost is applied once', async () => {
    const { env, proxy, engine } = await place({});
    const remote = await engine();
    proxy.faults = { cut: 0.12 };
    const tids: number[] = [];
    for (let i = 0; i < runs(15, 500) || proxy.cuts < 4; i++) {
      const request = {
        commitId: randomBytes(16),
        base: remote.processed(),
        reads: [],
        ranges: [],
        writes: [put('a', `${i}`)],
      };
      const answer = (await remote.commit(request)) as { tid: number };
      tids.push(answer.tid);
    }
    expect(tids).toEqual(tids.map((_, i) => (tids[0] as number) + i));
    expect(env.collection('items', { key: bytes, value: bytes }).version(Buffer.from('a'))).toBe(tids.at(-1));
  });

  test('a server that falls silent is noticed, and left: what was asked is answered on the next connection', async () => {
    const { env, proxy, engine } = await place({}, openTemporary(), { heartbeat: 100 });
    env.collection('items', { key: bytes, value: bytes }).put(Buffer.from('a'), Buffer.from('1'));
    const remote = await engine();
    proxy.isSilent = true;
    const asked = remote.count('items', { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false }, 1);
    await until(() => proxy.connections > 1, 'the client connects again');
    proxy.isSilent = false;
    expect(await asked).toBe(1);
  });

  test('a scan and a large value that are cut go on, and have no wrong row', async () => {
    const { env, proxy, engine } = await place();
    const items = env.collection('items', { key: bytes, value: bytes });
    const keys = Array.from({ length: 3000 }, (_, i) => `k${String(i).padStart(5, '0')}`);
    env.write((txn) => {
      for (const key of keys) items.put(Buffer.from(key), Buffer.from(key.repeat(20)), txn);
    });
    const value = Buffer.alloc(2 ** 20, 'large value');
    items.put(Buffer.from('z'), value);
    const remote = await engine();
    const at = remote.processed();
    proxy.faults = { cut: 0.03 };
    const rows: string[] = [];
    const bounds = { lower: undefined, lowerOpen: false, upper: Buffer.from('l'), upperOpen: false };
    let large: Uint8Array | undefined;
    await Promise.all([
      remote.range('items', bounds, at, 20_000, (batch) => {
        for (const { key, bytes: found } of batch.rows) {
          const text = Buffer.from(key).toString();
          expect(Buffer.from(found).toString()).toBe(text.repeat(20));
          rows.push(text);
        }
        if (rows.length < 1000) proxy.cutAll();
        items.put(Buffer.from('other'), Buffer.from(`${rows.length}`));
      }),
      remote.load([{ collection: 'items', key: Buffer.from('z') }], at, (state) => {
        large = state.bytes;
      }),
    ]);
    expect(rows).toEqual(keys);
    expect(Buffer.from(large as Uint8Array).equals(value)).toBe(true);
    expect(proxy.cuts).toBeGreaterThan(0);
  });
});
