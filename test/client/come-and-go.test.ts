import { expect, test } from 'vitest';
import { WaitingChild } from '../support/child.ts';
import { openTemporary, temporaryFolder, until } from '../support/fixture.ts';
import { runs } from '../support/runs.ts';
import { Random, SEED } from '../versions/random.ts';
import { itemsOf, Place } from './away.ts';

/** How often stores begin. */
const ROUNDS = runs(10, 200);

const program = `
  const { connect } = await import(library + '/dist/client.js');
  const store = await connect(args.address, { cache: args.cache, ...args.options });
  const items = store.collection('items');
  if (args.options.wait === undefined) await items.getMany(['a', 'b']);
  tell([store.state, await items.getMany(['a', 'b'])]);
  process.stdin.once('data', async () => {
    await store.sync();
    tell([store.state, await items.getMany(['a', 'b'])]);
  });
`;

const serving = `
  const { serve } = await import(library + '/dist/server.js');
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  items.put('a', args.value);
  if (!items.has('b')) items.put('b', 'the same');
  await serve(env, { listen: args.address });
  tell('serves');
  process.stdin.resume();
`;

test('a server and its client are killed; the client begins alone, and is told what has changed when the server is there', async () => {
  const place = new Place();
  const at = { address: place.address, cache: place.cache, path: temporaryFolder() };
  const server = new WaitingChild(serving, { ...at, value: 'old' });
  expect(await server.next()).toBe('serves');
  const client = new WaitingChild(program, { ...at, options: {} });
  expect(await client.next()).toEqual(['connected', ['old', 'the same']]);
  // What was read is written to the file soon.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await server.kill();
  await client.kill();
  const alone = new WaitingChild(program, { ...at, options: { wait: false } });
  expect(await alone.next()).toEqual(['disconnected', ['old', 'the same']]);
  const next = new WaitingChild(serving, { ...at, value: 'new' });
  expect(await next.next()).toBe('serves');
  alone.send('go on');
  expect(await alone.next()).toEqual(['connected', ['new', 'the same']]);
  for (const child of [alone, next]) await child.kill();
});

test(`whenever stores begin, and servers come and go, each read is that of the commit that its store was told (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const env = openTemporary();
  const items = itemsOf(env);
  const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
  const history: Map<string, unknown>[] = [new Map()];
  const write = (): void => {
    const now = new Map(history.at(-1));
    const key = random.pick(keys);
    if (random.chance(0.2) && now.has(key)) {
      now.delete(key);
      items.del(key);
    } else {
      now.set(key, history.length);
      items.put(key, history.length);
    }
    history.push(now);
  };
  for (let i = 0; i < 20; i++) write();
  const place = new Place();
  await place.fill(env, (store) => store.collection('items').prefetch());
  for (let round = 0; round < ROUNDS; round++) {
    const isAway = random.chance(0.6);
    if (!isAway) await place.start(env);
    const stores = [await place.connect({ wait: false, timeout: 5 }), await place.connect({ wait: false, timeout: 5 })];
    for (let step = 0; step < 20; step++) {
      if (random.chance(0.3)) write();
      const store = random.pick(stores);
      const { tid } = store;
      const key = random.pick(keys);
      const found = await store
        .collection('items')
        .get(key)
        .catch(({ code }) => code);
      const known = [history[tid], history[store.tid]].map((each) => each?.get(key));
      if (found !== 'ERR_DISCONNECTED') expect(known).toContain(found);
    }
    if (isAway) await place.start(env);
    for (const store of stores) {
      await until(() => store.state === 'connected', 'there is a server');
      await store.sync();
      expect(await store.collection('items').getMany(keys)).toEqual(keys.map((key) => history.at(-1)?.get(key)));
      expect(store.counters()?.failure).toBeUndefined();
      await store.close();
    }
    await place.stop();
  }
}, 60_000);

const writing = `
  const { serve } = await import(library + '/dist/server.js');
  const env = open(args.path, { durability: 'nosync', changes: { count: 1_000_000 } });
  const items = env.collection('items', { key: utf8, value: json, versions: true });
  let n = 0;
  const write = () => env.write(() => {
    n++;
    for (const key of ['x', 'y', 'k' + (n % 50)]) items.put(key, n);
  });
  for (let i = 0; i < 60; i++) write();
  await serve(env, { listen: args.address });
  tell('serves');
  const go = () => { for (let i = 0; i < 5; i++) write(); setTimeout(go, 1); };
  go();
  process.stdin.resume();
`;

test('a client that connects with its cache while others commit without a pause reads each commit whole, and nothing old', async () => {
  const place = new Place();
  const server = new WaitingChild(writing, { path: temporaryFolder(), address: place.address });
  expect(await server.next()).toBe('serves');
  const keys = ['x', 'y', ...Array.from({ length: 50 }, (_, i) => `k${i}`)];
  /** What stands there as of the commit that has written x. */
  const expected = (x: number) => keys.map((_, i) => (i < 2 ? x : x - ((x - (i - 2) + 50) % 50)));
  let newest = 0;
  for (let round = 0; round < 16; round++) {
    const isAway = round % 2 === 1;
    const store = await place.connect({ wait: !isAway });
    const items = store.collection<string, number>('items');
    for (let step = 0; step < 4; step++) {
      const found = (await items.getMany(keys)) as number[];
      expect(found).toEqual(expected(found[0] as number));
      // One that did not wait for the server begins with what it has read before.
      expect(found[0]).toBeGreaterThanOrEqual(newest);
      newest = found[0] as number;
      if (step === 1) await store.sync();
    }
    await using view = await store.snapshot({ sync: true });
    const seen = (await view.collection('items').getMany(keys)) as number[];
    expect(seen).toEqual(expected(seen[0] as number));
    expect(seen[0]).toBeGreaterThanOrEqual(newest);
    // What the file was told when it was closed is at least this.
    newest = seen[0] as number;
    expect(store.counters()?.failure).toBeUndefined();
    await store.close();
  }
  await server.kill();
}, 60_000);
