import { expect, test } from 'vitest';
import { openFolder } from '../../lib/cache/cache-folder.ts';
import { verifyCache } from '../../lib/cache/stored-cache.ts';
import { type Environment, utf8 } from '../../lib/index.ts';
import { serve } from '../../lib/server/index.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';
import { EnvironmentEngine } from '../../lib/versions/engine/environment-engine.ts';
import { WaitingChild } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { checkEntries } from './model/check-entries.ts';
import { History } from './model/history.ts';

const KEYS = [...'abcdefgh', 'z'];
const key = utf8;
const value = utf8;

/** Reads what the test writes, as of now and as of older commits, and writes where nobody reads. */
const client = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address, { cache: args.cache });
  const items = store.collection('items');
  const pick = (list) => list[Math.floor(Math.random() * list.length)];
  const views = [];
  for (let n = 0; ; n++) {
    const keys = args.keys.filter(() => Math.random() < 0.4);
    await items.getMany(keys);
    for (const view of views) await view.collection('items').getMany(keys).catch(() => {});
    const [gte, lte] = [pick(args.keys), pick(args.keys)].sort();
    for await (const { key } of items.range({ gte, lte, reverse: n % 3 === 0 })) void key;
    if (n % 4 === 0) await store.collection('others').put(args.name, String(n));
    if (n % 5 === 0) views.push(await store.snapshot());
    if (views.length > 4) views.shift().close();
    if (n % 5 === 0) tell(n);
  }
`;

/** Writes at random, and remembers what each commit has written. */
class Writer {
  readonly #env: Environment;
  readonly #random: Random;
  readonly #written = new Map<number, Map<string, string | undefined>>();
  #count = 0;

  constructor(env: Environment, random: Random) {
    this.#env = env;
    this.#random = random;
    this.write();
  }

  write(): void {
    const items = this.#env.collection('items', { key, value, versions: true });
    const writes = new Map<string, string | undefined>([['z', `${this.#count++}`]]);
    for (const each of KEYS.slice(0, -1)) {
      if (this.#random.chance(0.2)) writes.set(each, this.#random.chance(0.3) ? undefined : `${each}${this.#count++}`);
    }
    this.#env.write(() => {
      for (const [name, text] of writes) text === undefined ? items.del(name) : items.put(name, text);
    });
    this.#written.set(items.version('z'), writes);
  }

  /** All commits, those of the clients too. */
  history(): History {
    const state = new EnvironmentState(this.#env.path, {});
    const engine = new EnvironmentEngine(state);
    try {
      const commits = engine.changesBetween(0, engine.processed()) ?? [];
      return new History(
        commits.map(({ tid, nonce }) => ({ tid, nonce, writes: this.#written.get(tid) ?? new Map(), isRange: false })),
      );
    } finally {
      engine.close();
      state.close();
    }
  }
}

test(`processes with one cache that are killed at any moment leave no wrong entry in it (seed ${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  const random = new Random(SEED);
  const env = openTemporary({ changes: { count: 1_000_000 } });
  env.collection('others', { key, value, versions: true });
  const writer = new Writer(env, random);
  const address = `unix:${temporaryFolder()}/socket`;
  const server = await serve(env, { listen: address });
  const cache = temporaryFolder();
  let names = 0;
  const start = () => new WaitingChild(client, { address, cache, keys: KEYS, name: `client ${names++}` });
  const clients = [start(), start()];
  let entries = 0;
  for (let kills = 0; kills < runs(2, 300); kills++) {
    for (let n = 0; n < 12; n++) {
      writer.write();
      await new Promise((resolve) => setImmediate(resolve));
      if (n === 3) for (const each of clients) await each.next();
    }
    const victim = random.below(2);
    await clients[victim]?.kill();
    clients[victim] = start();
    // The other process goes on meanwhile: what is read here is one version of the file.
    const folder = openFolder(cache);
    const history = writer.history();
    checkEntries(folder.env, [history], KEYS);
    entries += folder.env.collection('c.states').count();
    folder.env.close();
    folder.isWhole();
    expect(verifyCache(cache, 10)).toEqual([]);
  }
  expect(entries).toBeGreaterThan(10);
  for (const each of clients) await each.kill();
  await server.close({ timeout: 100 });
});
