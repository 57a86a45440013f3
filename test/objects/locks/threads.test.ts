import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { childProgram } from '../../support/child.ts';
import { hold, lockManager, program } from './support.ts';

const THREADS = 3;
const TURNS = 100;

/** A thread that runs a program, which gets `shared` and tells through `parentPort`. */
function thread(source: string, path: string, shared?: SharedArrayBuffer): Worker {
  const worker = new Worker(
    childProgram(
      `const { workerData, parentPort } = await import('node:worker_threads'); const say = (x) => parentPort.postMessage(x); ${program} ${source}`,
    ),
    { argv: [JSON.stringify({ path })], workerData: shared },
  );
  return worker;
}

const message = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
const exit = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('exit', resolve));

describe('threads', () => {
  test('never have an exclusive lock at once, and lose no request', async () => {
    const { path } = lockManager();
    const shared = new SharedArrayBuffer(16);
    const cells = new Int32Array(shared);
    const source = `
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
    const workers = Array.from({ length: THREADS }, () => thread(source, path, shared));
    expect(await Promise.all(workers.map(exit))).toEqual(workers.map(() => 0));
    expect([...cells]).toEqual([0, 0, 2 * THREADS * TURNS, 0]);
  });

  test('free their locks when they are terminated, whether they hold them or wait', async () => {
    const { path, locks } = lockManager();
    const holder = thread("locks.request('a', () => { say('held'); return new Promise(() => {}); });setInterval(() => {}, 1e6);", path);
    expect(await message(holder)).toBe('held');
    expect((await locks.query()).held[0]?.clientId).toBe(`${process.pid}:${holder.threadId}`);
    const waiter = thread("locks.request('a', () => say('never')); say('asked');", path);
    expect(await message(waiter)).toBe('asked');
    const waits = locks.request('a', () => 'mine');
    await waiter.terminate();
    expect((await locks.query()).pending.length).toBe(1);
    await holder.terminate();
    expect(await waits).toBe('mine');
    expect(await locks.query()).toEqual({ held: [], pending: [] });
  });

  test('free their locks when they end by themselves', async () => {
    const { path, locks } = lockManager();
    const worker = thread("locks.request('a', () => new Promise(() => {})); say('held');", path);
    expect(await message(worker)).toBe('held');
    expect(await exit(worker)).toBe(0);
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  test('steal from each other', async () => {
    const { path, locks } = lockManager();
    const { request } = await hold(locks, 'a');
    const worker = thread("await locks.request('a', { steal: true }, () => say('stolen')); env.close();", path);
    const rejected = request.then(
      () => 'no',
      (error: Error) => error.name,
    );
    expect(await message(worker)).toBe('stolen');
    expect(await rejected).toBe('AbortError');
    expect(await exit(worker)).toBe(0);
  });
});
