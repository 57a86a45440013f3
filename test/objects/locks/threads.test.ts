import { describe, expect, test } from 'vitest';
import { askChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { program } from './support.ts';

const THREADS = 3;
const TURNS = 100;

/** Programs with threads, in a process of their own. `thread(source)` starts one; it tells by `say`. */
const threads = `${program}
const { Worker } = await import('node:worker_threads');
const { once } = await import('node:events');
const thread = (source, workerData) => new Worker(\`
  const { workerData, parentPort, threadId } = require('node:worker_threads');
  const say = (message) => parentPort.postMessage(message);
  (async () => {
    const { open } = await import(\${JSON.stringify(library + '/dist/index.js')});
    const { LockManager } = await import(\${JSON.stringify(library + '/dist/objects.js')});
    const env = open(\${JSON.stringify(args.path)}, { durability: 'nosync' });
    const locks = new LockManager(env);
    \${source}
  })();\`, { eval: true, workerData });
const hear = async (worker) => (await once(worker, 'message'))[0];
const exit = async (worker) => (await once(worker, 'exit'))[0];
`;

const ask = (source: string): unknown => askChild(`${threads}${source}\nenv.close();`, { path: temporaryFolder() });

describe('threads', () => {
  test('never have an exclusive lock at once, and lose no request', () => {
    const turns = `
      const cells = new Int32Array(workerData);
      const turn = () => locks.request('a', async () => {
        if (Atomics.add(cells, 0, 1) !== 0) Atomics.add(cells, 1, 1);
        await null;
        // Not atomic on purpose.
        const before = cells[2];
        for (let i = 0; i < 100; i++) Math.random();
        cells[2] = before + 1;
        Atomics.sub(cells, 0, 1);
      });
      await Promise.all(Array.from({ length: ${TURNS} }, turn));
      for (let i = 0; i < ${TURNS}; i++) await turn();
      env.close();`;
    const cells = ask(`
      const shared = new SharedArrayBuffer(16);
      const workers = Array.from({ length: ${THREADS} }, () => thread(${JSON.stringify(turns)}, shared));
      await Promise.all(workers.map(exit));
      tell([...new Int32Array(shared)]);`);
    expect(cells).toEqual([0, 0, 2 * THREADS * TURNS, 0]);
  });

  test('free their locks when they are terminated, whether they hold them or wait', () => {
    const answer = ask(`
      const holder = thread("locks.request('a', () => { say('held'); return new Promise(() => {}); }); setInterval(() => {}, 1e6);");
      const heard = [await hear(holder)];
      const [{ clientId }] = (await locks.query()).held;
      heard.push(clientId === process.pid + ':' + holder.threadId);
      const waiter = thread("locks.request('a', () => say('never')); say('asked');");
      heard.push(await hear(waiter));
      const waits = locks.request('a', () => 'mine');
      await waiter.terminate();
      heard.push((await locks.query()).pending.length);
      await holder.terminate();
      heard.push(await waits, await locks.query());
      tell(heard);`);
    expect(answer).toEqual(['held', true, 'asked', 1, 'mine', { held: [], pending: [] }]);
  });

  test('free their locks when they end by themselves', () => {
    const answer = ask(`
      const worker = thread("locks.request('a', () => new Promise(() => {})); say('held');");
      const exited = exit(worker);
      const heard = [await hear(worker), await exited];
      tell([...heard, await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)]);`);
    expect(answer).toEqual(['held', 0, 'a']);
  });

  test('steal from each other', () => {
    const answer = ask(`
      let called = () => {};
      const held = new Promise((resolve) => { called = resolve; });
      const request = locks.request('a', () => { called(); return new Promise(() => {}); });
      await held;
      const worker = thread("await locks.request('a', { steal: true }, () => say('stolen')); env.close();");
      const robbed = request.catch((error) => error.name);
      tell([await hear(worker), await robbed]);`);
    expect(answer).toEqual(['stolen', 'AbortError']);
  });

  test('that die while their function runs leave the others their turn', () => {
    const answer = ask(`
      const turns = [];
      for (let i = 0; i < 20; i++) {
        const worker = thread("locks.request('a', () => { say('held'); for (;;); });");
        await hear(worker);
        const waits = locks.request('a', () => i);
        await worker.terminate();
        turns.push(await waits);
      }
      tell(turns.length);`);
    expect(answer).toBe(20);
  });
});
