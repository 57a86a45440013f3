import { afterEach, describe, expect, test, vi } from 'vitest';
import { openFolder } from '../../lib/cache/cache-folder.ts';
import { verifyCache } from '../../lib/cache/stored-cache.ts';
import { connect, type Store, type StoreCollection } from '../../lib/client/index.ts';
import { bytes, type Environment, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { EnvironmentEngine } from '../../lib/versions/engine/environment-engine.ts';
import { checkEntries } from '../cache/model/check-entries.ts';
import { History } from '../cache/model/history.ts';
import { WaitingChild } from '../support/child.ts';
import { openAt, rejection, temporaryFolder } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { BadNetwork } from './bad-network.ts';

const KEYS = Array.from({ length: 400 }, (_, i) => `k${String(i).padStart(3, '0')}`);
const LARGE = Buffer.alloc(2 ** 21, 'large value');
const textOf = (key: string): string => key.repeat(100);
/** In the long form each phase is met so often. */
const ROUNDS = runs(1, 100);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Looks each ms. */
async function happens(done: () => boolean, what: string): Promise<void> {
  await vi.waitUntil(done, { interval: 1, timeout: 60_000 }).catch(() => {
    throw new Error(`never happened: ${what}`);
  });
}

/** The first commit has all keys, and the second one the large value. */
function fill(path: string): Environment {
  const env = openAt(path);
  const items = env.collection('items', { key: utf8, value: bytes, versions: true });
  env.write((txn) => {
    for (const key of KEYS) items.put(key, Buffer.from(textOf(key)), txn);
  });
  items.put('large', LARGE);
  return env;
}

/** All commits of the folder: those of `fill`, and puts of a key. */
function historyOf(path: string): History {
  const state = new EnvironmentState(path, {});
  const engine = new EnvironmentEngine(state);
  try {
    const texts = new Map(KEYS.map((key) => [key, textOf(key)]));
    const writes = [texts, new Map([['large', LARGE.toString()]])];
    const commits = engine.changesBetween(0, engine.processed()) ?? [];
    return new History(
      commits.map(({ tid, nonce }) => ({
        tid,
        nonce,
        writes: writes[tid - 1] ?? new Map([['k000', 'new']]),
        isRange: false,
      })),
    );
  } finally {
    engine.close();
    state.close();
  }
}

/** How many states a cache has, once `check` has looked at it. */
function statesOf(cache: string, check: (env: Environment) => void = () => {}): number {
  const folder = openFolder(cache);
  try {
    check(folder.env);
    return folder.env.collections().includes('c.states') ? folder.env.collection('c.states').count() : 0;
  } finally {
    folder.env.close();
    folder.isWhole();
  }
}

/** Checks each entry of a cache. Gives how many states it has. */
function checkCache(cache: string, history: History): number {
  const states = statesOf(cache, (env) => checkEntries(env, [history], [...KEYS, 'large']));
  expect(verifyCache(cache, 10)).toEqual([]);
  return states;
}

async function checkReads(store: Store, first: string): Promise<void> {
  const items = store.collection('items', { key: utf8, value: bytes });
  const rows: string[] = [];
  for await (const { key, value } of items.range({ lt: 'l' })) {
    rows.push(key);
    expect(String(value.toBuffer())).toBe(key === 'k000' ? first : textOf(key));
  }
  expect(rows).toEqual(KEYS);
  expect((await items.get('large'))?.toBuffer().equals(LARGE)).toBe(true);
}

const CLIENT = `
const { once } = await import('node:events');
const { connect } = await import(library + '/dist/client.js');
const store = await connect(args.address, { cache: args.cache });
const items = store.collection('items');
const doing = {
  hello: async () => {},
  cache: async () => { for (let n = 0; ; n++) { await items.getMany(args.keys.slice(n * 5 % 400, n * 5 % 400 + 5)); tell(n); } },
  commit: () => items.put('k000', Buffer.from('new')),
  large: () => items.get('large'),
  scan: async () => { for await (const { key } of items.range({ lt: 'l' })) void key; },
};
await items.get('k001');
tell('ready');
await once(process.stdin, 'data');
await doing[args.phase]();
tell('done');
`;

/** In what phase a client or a server is killed, and how many bytes of the server's answer have passed then. */
const PHASES: readonly [phase: string, allowed: number][] = [
  ['hello', 0],
  ['cache', Number.POSITIVE_INFINITY],
  ['commit', 0],
  ['large', 400_000],
  ['scan', 20_000],
];

describe(`a client that is killed (seed ${SEED})`, () => {
  test.each(PHASES)(
    'in %s leaves nothing at the server, and nothing wrong in its cache',
    {
      timeout: 3_600_000,
    },
    async (phase, allowed) => {
      const path = temporaryFolder();
      const env = fill(path);
      const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
      const proxy = await BadNetwork.start(() => server.addresses[0] as string, new Random(SEED));
      closing.push(
        () => server.close({ timeout: 100 }),
        () => proxy.close(),
      );
      let cache = '';
      for (let round = 0; round < ROUNDS; round++) {
        cache = temporaryFolder();
        const tid = env.collection('items', { key: utf8, value: bytes, versions: true }).version('k000');
        proxy.allowed = phase === 'hello' ? 0 : Number.POSITIVE_INFINITY;
        const child = new WaitingChild(CLIENT, { address: proxy.address, cache, phase, keys: KEYS });
        closing.push(() => child.kill());
        if (phase === 'hello') await happens(() => server.counters().sent > 0 && server.counters().open === 1, 'HELLO');
        else {
          expect(await child.next()).toBe('ready');
          await happens(() => statesOf(cache) > 0, 'the cache has what was read');
          proxy.allowed = allowed;
          child.send('go');
          if (phase === 'cache') for (let n = 0; n < 3 + (round % 5); n++) await child.next();
          else if (phase === 'commit') await happens(() => versionOf(env) > tid, 'the commit is made');
          else await happens(() => proxy.allowed <= 0, 'some of the answer has passed');
        }
        await child.kill();
        expect(child.rest()).not.toContain('done');
        await happens(() => server.counters().open === 0, 'the server notices it');
        expect(server.counters()).toMatchObject({ streams: 0, holds: 0 });
        expect(checkCache(cache, historyOf(path))).toBeGreaterThanOrEqual(phase === 'hello' ? 0 : 1);
        if (phase === 'commit') expect(versionOf(env)).toBe(tid + (round === 0 ? 2 : 1));
      }
      proxy.allowed = Number.POSITIVE_INFINITY;
      const store = await connect(proxy.address, { cache });
      await checkReads(store, phase === 'commit' ? 'new' : textOf('k000'));
      await store.close();
      expect(checkCache(cache, historyOf(path))).toBeGreaterThan(100);
    },
  );
});

async function rowsFrom(
  items: StoreCollection<string, never, string, unknown> | undefined,
  gte: string,
): Promise<number> {
  let rows = 0;
  for await (const { key } of items?.range({ gte, lt: 'l' }) ?? []) if (key >= gte) rows++;
  return rows;
}

const versionOf = (env: Environment): number =>
  env.collection('items', { key: utf8, value: bytes, versions: true }).version('k000');

const SERVER = `
const { serve } = await import(library + '/dist/server.js');
const env = open(args.path, { durability: 'nosync' });
const server = await serve(env, { listen: 'tcp://127.0.0.1:0' });
tell(server.addresses[0]);
for await (const { tid } of env.changes()) tell(tid);
`;

describe(`a server that is killed (seed ${SEED})`, () => {
  test.each(PHASES)(
    'in %s and comes back: what was asked is answered, once',
    {
      timeout: 3_600_000,
    },
    async (phase, allowed) => {
      const path = temporaryFolder();
      fill(path).close();
      let address = '';
      let child: WaitingChild | undefined;
      const start = async (): Promise<void> => {
        child = new WaitingChild(SERVER, { path });
        address = (await child.next()) as string;
      };
      const proxy = await BadNetwork.start(() => address, new Random(SEED));
      closing.push(
        () => proxy.close(),
        () => child?.kill(),
      );
      let cache = '';
      let store: Store | undefined;
      await start();
      let commits = 2;
      for (let round = 0; round < ROUNDS; round++) {
        await store?.close();
        cache = temporaryFolder();
        store = phase === 'hello' ? undefined : await connect(proxy.address, { cache });
        const items = store?.collection('items', { key: utf8, value: bytes });
        await items?.get('k001');
        proxy.allowed = allowed;
        const [passed, connections] = [proxy.passed, proxy.connections];
        const doing: { readonly [name: string]: () => Promise<unknown> } = {
          hello: () => connect(proxy.address, { cache }),
          cache: async () => {
            for (let i = 0; i < KEYS.length; i += 5) await items?.getMany(KEYS.slice(i, i + 5));
          },
          commit: async () => items?.put('k000', Buffer.from('new')),
          large: async () => expect((await items?.get('large'))?.toBuffer().equals(LARGE)).toBe(true),
          scan: async () => expect(await rowsFrom(items, `k${100 + (round % 100)}`)).toBe(300 - (round % 100)),
        };
        const asked = (doing[phase] as () => Promise<unknown>)();
        asked.catch(() => {});
        if (phase === 'hello') await happens(() => proxy.connections > connections && proxy.passed > passed, 'HELLO');
        else if (phase === 'cache') await happens(() => proxy.passed > passed + 20_000, 'some were read');
        else if (phase === 'commit') expect(await child?.next()).toBe(++commits);
        else await happens(() => proxy.allowed <= 0, 'some of the answer has passed');
        await child?.kill();
        // What the proxy has received and not passed is lost too.
        proxy.cutAll();
        proxy.allowed = Number.POSITIVE_INFINITY;
        if (phase === 'hello') {
          expect((await rejection(asked)).code).toBe('ERR_DISCONNECTED');
          await start();
        } else {
          await start();
          await asked;
        }
      }
      store ??= await connect(proxy.address, { cache });
      await checkReads(store, phase === 'commit' ? 'new' : textOf('k000'));
      expect(store.tid).toBe(commits);
      await store.close();
      await child?.kill();
      expect(checkCache(cache, historyOf(path))).toBeGreaterThan(100);
    },
  );
});
