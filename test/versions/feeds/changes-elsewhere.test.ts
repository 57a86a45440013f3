import { expect, test } from 'vitest';
import { type Commit, type Environment, type Feed, uint32, utf8 } from '../../../lib/index.ts';
import { compiledTools, run } from '../../interop/tools.ts';
import { askChild, runChild, WaitingChild } from '../../support/child.ts';
import { openAt, rejection, temporaryFolder } from '../../support/fixture.ts';
import { workerProgram } from '../../workers/program.ts';

/** Commits of other threads, processes and programs, as env.changes() reports them. */

const versioned = { key: uint32, value: utf8, versions: true } as const;

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

async function keysOf(feed: Feed<Commit>, count: number): Promise<[number, unknown][]> {
  const found: [number, unknown][] = [];
  for (let i = 0; i < count; i++) {
    const { tid, changes } = (await feed.next()).value as Commit;
    found.push([tid, changes[0]?.keys?.[0]]);
  }
  return found;
}

/** Puts the number of each line that it reads. */
const writer = `
  const { createInterface } = await import('node:readline');
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('numbers', { key: uint32, value: utf8, versions: true });
  tell('ready');
  for await (const line of createInterface(process.stdin)) items.put(Number(line), 'x');
  env.close();`;

function opened(path: string): Environment {
  const env = openAt(path);
  env.collection('numbers', versioned);
  return env;
}

test('commits of another process are told to a process that waits', async () => {
  const path = temporaryFolder();
  const env = opened(path);
  const child = new WaitingChild(writer, { path });
  await child.next();
  const feed = env.changes();
  for (let i = 1; i <= 20; i++) {
    const next = keysOf(feed, 1);
    // The feed waits before the line is sent.
    await new Promise(setImmediate);
    child.send(String(i * 10));
    expect(await next).toEqual([[i, i * 10]]);
  }
  await child.end();
});

test('a process that is killed while it commits leaves no gap, and does not stop the feed', async () => {
  const path = temporaryFolder();
  const env = opened(path);
  const child = new WaitingChild(
    `const env = open(args.path, { durability: 'nosync' });
    const items = env.collection('numbers', { key: uint32, value: utf8, versions: true });
    tell('ready');
    for (let i = 1; ; i++) items.put(i, 'x');`,
    { path },
  );
  await child.next();
  const feed = env.changes({ after: 0 });
  const found = await keysOf(feed, 100);
  await child.kill();
  // A commit may be in the file though LMDB has not told readers of it: the next writer tells them.
  env.write(() => {});
  const newest = env.read((txn) => txn.tid);
  found.push(...(await keysOf(feed, newest - 100)));
  expect(found).toEqual(Array.from({ length: newest }, (_, i) => [i + 1, i + 1]));
  const next = keysOf(feed, 1);
  await new Promise(setImmediate);
  env.collection('numbers', versioned).put(7, 'own');
  expect(await next).toEqual([[newest + 1, 7]]);
});

test('each of several threads that write is told each commit of all of them, once and in order', () => {
  const program = workerProgram({
    main: `
      const env = open(args.path, { durability: 'nosync' });
      env.collection('numbers', { key: uint32, value: utf8, versions: true });
      const workers = [0, 1, 2].map((number) => start({ number }));
      // Listen for the exits now: one worker may exit before the others have sent a message.
      const exited = Promise.all(workers.map(exitOf));
      const heard = await Promise.all(workers.map((worker) => once(worker, 'message')));
      await exited;
      const written = [];
      const feed = env.changes({ after: 0 });
      while (feed.tid < 90) written.push((await feed.next()).value.changes[0].keys[0]);
      tell([heard.map(([tids]) => tids), written.sort((a, b) => a - b)]);
      env.close();`,
    worker: `
      const { number } = workerData;
      const env = open(args.path, { durability: 'nosync' });
      const items = env.collection('numbers', { key: uint32, value: utf8, versions: true });
      const feed = env.changes({ after: 0 });
      const tids = [];
      const reading = (async () => {
        for await (const { tid } of feed) if (tids.push(tid) === 90) break;
      })();
      for (let i = 0; i < 30; i++) {
        items.put(number * 100 + i, 'x');
        await new Promise(setImmediate);
      }
      await reading;
      env.close();
      say(tids);`,
  });
  const all = Array.from({ length: 90 }, (_, i) => i + 1);
  const written = [0, 1, 2].flatMap((number) => Array.from({ length: 30 }, (_, i) => number * 100 + i));
  expect(askChild(program, { path: temporaryFolder() })).toEqual([[all, all, all], written]);
});

test(`who goes on after the last commit that it has seen misses none and gets none twice, while others write (seed ${seed})`, async () => {
  const path = temporaryFolder();
  const env = opened(path);
  const writers = [1, 2].map(
    (number) =>
      new WaitingChild(
        `const env = open(args.path, { durability: 'nosync' });
        const items = env.collection('numbers', { key: uint32, value: utf8, versions: true });
        for (let i = 0; i < 200; i++) items.put(args.number * 1000 + i, 'x');
        tell('done');
        env.close();`,
        { path, number },
      ),
  );
  let state = seed;
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % n;
  };
  const found: number[] = [];
  let last: Commit | undefined;
  while (found.length < 400) {
    const feed: Feed<Commit> = env.changes({ after: last ?? 0 });
    for (let left = 1 + random(20); left > 0 && found.length < 400; left--) {
      last = (await feed.next()).value as Commit;
      expect(last.tid).toBe(found.length + 1);
      found.push(last.changes[0]?.keys?.[0] as number);
    }
    await feed.return();
  }
  await Promise.all(writers.map((child) => child.end()));
  const written = [1, 2].flatMap((number) => Array.from({ length: 200 }, (_, i) => number * 1000 + i));
  expect(found.sort((a, b) => a - b)).toEqual(written);
});

test('a wait keeps its process alive, and an end, an abort and a close let the process go', () => {
  const program = (end: string) => `
    const env = open(args.path, { durability: 'nosync' });
    env.collection('numbers', { key: uint32, value: utf8, versions: true });
    const controller = new AbortController();
    const feed = env.changes({ signal: controller.signal });
    const next = feed.next().then(() => 'done', (error) => error.code);
    next.then(tell);
    setImmediate(() => { ${end} });`;
  const ends = ['feed.return();', 'controller.abort();', 'env.close();'];
  const told = ends.map((end) => runChild(program(end), { path: temporaryFolder() }));
  expect(told.map(({ status, told: [how] }) => [status, how])).toEqual([
    [0, 'done'],
    [0, 'ABORT_ERR'],
    [0, 'ERR_ENV_CLOSED'],
  ]);
});

test('a signal that throws ends the feed, and lets the process go', () => {
  const { status, told } = runChild(
    `
    const env = open(args.path, { durability: 'nosync' });
    env.collection('numbers', { key: uint32, value: utf8, versions: true });
    const signal = {
      aborted: false,
      addEventListener() { throw new Error('no listeners'); },
      removeEventListener() {},
    };
    const feed = env.changes({ signal });
    feed.next().then(() => 'done', (error) => error.message).then(tell);`,
    { path: temporaryFolder() },
  );
  expect([status, told[0]]).toEqual([0, 'no listeners']);
});

test('a thread can be terminated while its feed waits', () => {
  const program = workerProgram({
    main: `
      const env = open(args.path, { durability: 'nosync' });
      const items = env.collection('numbers', { key: uint32, value: utf8, versions: true });
      for (let i = 0; i < 5; i++) {
        const worker = start({});
        await once(worker, 'message');
        if (i % 2 === 0) items.put(i, 'x');
        await worker.terminate();
        items.put(i, 'y');
      }
      tell(env.read((txn) => txn.tid));
      env.close();`,
    worker: `
      const env = open(args.path, { durability: 'nosync' });
      const feed = env.changes();
      setImmediate(() => say('waits'));
      for await (const { tid } of feed) continue;`,
  });
  expect(askChild(program, { path: temporaryFolder() })).toBe(8);
});

test('commits of another LMDB program do not disturb, and what it has damaged is ERR_CODEC', async () => {
  const path = temporaryFolder();
  const env = opened(path);
  const feed = env.changes();
  const next = keysOf(feed, 1);
  await new Promise(setImmediate);
  const { load } = compiledTools();
  const dumped = (name: string, key: string, value: string) =>
    `VERSION=3\nformat=bytevalue\ndatabase=${name}\ntype=btree\nHEADER=END\n ${key}\n ${value}\nDATA=END\n`;
  run(load, [path], dumped('theirs', '61', '62'));
  env.collection('numbers', versioned).put(1, 'x');
  expect(await next).toEqual([[1, 1]]);
  // Nothing wakes the waiting feed after this commit. It finds the commit by polling, a moment later.
  const damaged = rejection(feed.next());
  await new Promise(setImmediate);
  run(load, [path], dumped('__leasehold_changes', '0000000000000002', '00'));
  expect(await damaged).toMatchObject({ code: 'ERR_CODEC' });
});
