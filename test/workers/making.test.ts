import { expect, test } from 'vitest';
import { askChild, WaitingChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { workerProgram } from './program.ts';

test('threads that make the same collections at the same time all get them, and read on in what they had begun', () => {
  const program = workerProgram({
    main: `
      const env = open(args.path, { durability: 'nosync' });
      const shared = new Int32Array(new SharedArrayBuffer(8));
      const workers = [0, 1, 2].map((number) => start({ number, shared }));
      // Listen for the exits now: one worker may exit before the others have sent a message.
      const exited = Promise.all(workers.map(exitOf));
      const heardAll = await Promise.all(workers.map((worker) => once(worker, 'message')));
      await exited;
      tell([heardAll.flat(), env.collections().length, env.collection('c0').range().keys().toArray().sort()]);
      env.close();`,
    worker: `
      const { number, shared } = workerData;
      const env = open(args.path, { durability: 'nosync' });
      const problems = [];
      const meet = (index, count) => {
        Atomics.add(shared, index, 1);
        Atomics.notify(shared, index);
        for (let seen; (seen = Atomics.load(shared, index)) < count; ) Atomics.wait(shared, index, seen);
      };
      for (let round = 0; round < 50; round++) {
        meet(0, 3 * (round + 1));
        try {
          const made = env.collection('c' + round, { key: utf8, value: utf8 });
          made.put(String(number), 'x');
          const txn = env.read();
          if (made.get(String(number), txn) !== 'x') problems.push('not read in round ' + round);
          meet(1, 3 * (round + 1));
          if (made.get(String(number), txn) !== 'x') problems.push('not read again in round ' + round);
          txn.end();
          if (made.count() !== 3) problems.push('count ' + made.count());
        } catch (error) {
          problems.push(String(error.stack));
          break;
        }
      }
      env.close();
      say(problems.slice(0, 3));`,
  });
  expect(askChild(program, { path: temporaryFolder() })).toEqual([[[], [], []], 50, ['0', '1', '2']]);
});

test('opening, making, clearing and dropping collections while another process makes the file larger do not wait for each other', async () => {
  const path = temporaryFolder();
  const step = 16 * 4096;
  const start = 64 * 4096;
  const rounds = 60;
  const growing = new WaitingChild(
    `const { createInterface } = await import('node:readline');
    let size = args.start;
    const env = open(args.path, { durability: 'nosync', mapSize: size });
    const filler = env.collection('filler', { key: uint32, value: bytes });
    let n = 0;
    const put = () => { try { filler.put(n++, Buffer.alloc(8000)); return true; } catch (error) { if (error.code !== 'MDB_MAP_FULL') throw error; return false; } };
    while (put()) continue;
    tell('ready');
    for await (const _ of createInterface(process.stdin)) {
      const before = size;
      size += args.step;
      env.resize(size);
      while (env.info().lastPage * 4096 < before && put()) continue;
      tell('grown');
    }
    env.close();`,
    { path, start, step },
  );
  await growing.next();
  const program = workerProgram({
    main: `
      const { createInterface } = await import('node:readline');
      const env = open(args.path, { durability: 'nosync', mapSize: args.start });
      const shared = new Int32Array(new SharedArrayBuffer(8));
      const workers = ['open', 'write', 'make'].map((role) => start({ role, shared }));
      const problems = workers.map((worker) => once(worker, 'message').then(([heard]) => heard));
      tell('ready');
      let round = 0;
      for await (const _ of createInterface(process.stdin)) {
        Atomics.store(shared, 1, 0);
        Atomics.store(shared, 0, ++round);
        Atomics.notify(shared, 0);
        while (Atomics.load(shared, 1) < 3) await turn();
        tell('done');
      }
      Atomics.store(shared, 0, -1);
      Atomics.notify(shared, 0);
      tell((await Promise.all(problems)).flat());
      env.close();`,
    worker: `
      const { role, shared } = workerData;
      const codecs = { key: utf8, value: bytes };
      const env = open(args.path, { durability: 'nosync' });
      const problems = [];
      const roles = {
        open: () => env.collection('filler').count(),
        write: () => env.write(() => env.collection('cleared', codecs).clear()),
        make: () => env.write(() => env.collection('made', codecs).drop()),
      };
      for (let seen = 0; ; ) {
        while (Atomics.load(shared, 0) === seen) Atomics.wait(shared, 0, seen);
        seen = Atomics.load(shared, 0);
        if (seen < 0) break;
        // A snapshot of another thread may block a resize for a moment, and then a small map can be full.
        try { roles[role](); } catch (error) { if (error.code !== 'MDB_MAP_RESIZED' && error.code !== 'MDB_MAP_FULL') problems.push(String(error.stack)); }
        Atomics.add(shared, 1, 1);
      }
      env.close();
      say(problems);`,
  });
  const threads = new WaitingChild(program, { path, start });
  await threads.next();
  for (let round = 0; round < rounds; round++) {
    growing.send('grow');
    expect(await growing.next()).toBe('grown');
    threads.send('go');
    expect(await threads.next()).toBe('done');
  }
  await Promise.all([threads.end(), growing.end()]);
  expect(threads.rest()).toEqual([[]]);
});
