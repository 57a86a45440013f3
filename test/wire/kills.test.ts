import { expect, test } from 'vitest';
import { connect } from '../../lib/client/index.ts';
import { json, utf8 } from '../../lib/index.ts';
import { builtLibrary, WaitingChild } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';

const server = `
  const { serve } = await import(library + '/dist/server.js');
  const env = open(args.path);
  env.collection('items', { key: utf8, value: json, versions: true });
  await serve(env, { listen: args.address, limits: { heartbeat: 1000 } });
  tell('listens');
  process.stdin.resume();
`;

/** Adds 1 to a counter that all share, and writes which one it was under its own name: again and again. */
const client = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address);
  for (let n = 0; ; n++) {
    const count = await store.transact(async (txn) => {
      const items = txn.collection('items');
      const next = ((await items.get('count')) ?? 0) + 1;
      await items.put('count', next);
      await items.put(args.name + ' ' + n, next);
      return next;
    }, { retries: 1000 });
    tell({ key: args.name + ' ' + n, count });
  }
`;

interface Told {
  readonly key: string;
  readonly count: number;
}

test(`clients and servers that are killed while they commit: what was acknowledged is there, once (seed ${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  builtLibrary();
  const random = new Random(SEED);
  const path = temporaryFolder();
  const address = `unix:${path}/socket`;
  const start = async (): Promise<WaitingChild> => {
    const child = new WaitingChild(server, { path, address });
    expect(await child.next()).toBe('listens');
    return child;
  };
  let serving = await start();
  let clients: WaitingChild[] = [];
  let names = 0;
  const startClient = (): WaitingChild => new WaitingChild(client, { address, name: `client ${names++}` });
  for (let i = 0; i < 3; i++) clients.push(startClient());
  const told: Told[] = [];
  for (let kills = 0; kills < runs(4, 1000); kills++) {
    // All have committed since the last kill: the next one meets them at some moment of a commit.
    for (const each of clients) for (let n = random.below(3); n >= 0; n--) told.push((await each.next()) as Told);
    if (random.chance(0.5)) {
      await serving.kill();
      serving = await start();
    } else {
      const victim = random.pick(clients);
      await victim.kill();
      told.push(...(victim.rest() as Told[]));
      clients = [...clients.filter((each) => each !== victim), startClient()];
    }
  }
  for (const each of clients) {
    await each.kill();
    told.push(...(each.rest() as Told[]));
  }
  const store = await connect(address);
  const items = store.collection('items', { key: utf8, value: json });
  const stored = new Map<string, number>();
  for await (const { key, value } of items.range()) stored.set(key, value as number);
  for (const { key, count } of told) expect([key, stored.get(key)]).toEqual([key, count]);
  // Each number was given once: no commit was lost, and none was made twice.
  const count = stored.get('count') as number;
  stored.delete('count');
  expect([...stored.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(told.length).toBeGreaterThan(3);
  await store.close();
  await serving.kill();
  expect(openAt(path).collection('items').get('count')).toBe(count);
});
