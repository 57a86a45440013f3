import { expect } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest as test } from '../support/lending.ts';
import { compileAddon } from './addons.ts';

const addons = {
  sink: await compileAddon('examples/addons/sink'),
  source: await compileAddon('examples/addons/source'),
};

/** What is in scope of the programs, in the main thread or a worker. */
const prelude = `
const { createRequire } = await import('node:module');
const { join } = await import('node:path');
const load = createRequire(import.meta.url);
const hold = async (args, library) => {
  // Loaded in this order, and so unloaded in the reverse one.
  const loaded = {};
  for (const name of args.order) {
    loaded[name] = name === 'leasehold' ? await import(join(library, 'dist/index.js')) : load(args.addons[name]);
  }
  const { open, bytes, Value } = loaded.leasehold;
  const env = open(args.path);
  const items = env.collection('items', { key: bytes, value: bytes });
  items.put(Buffer.from('key'), Buffer.alloc(1000, 'x'));
  const txns = ['copy', 'invalidate'].map((onEnd) => env.read({ onEnd }));
  const read = txns.map((txn) => items.get(Buffer.from('key'), txn));
  const block = loaded.source.lend(Buffer.alloc(1000, 'y'));
  const values = Array.from({ length: 100 }, (_, i) => Value.from(block, i, 10));
  const counters = [...values, ...read, ...read].map((sink) => loaded.sink.borrow(sink));
  const shared = counters.filter((counter) => loaded.sink.state(counter) === 'shared').length;
  // What stands on the global object is reached until the thread has gone.
  globalThis.held = { env, txns, read, block, values, counters };
  return shared;
};
`;

const ORDERS = [
  ['leasehold', 'sink', 'source'],
  ['sink', 'leasehold', 'source'],
  ['source', 'leasehold', 'sink'],
  ['sink', 'source', 'leasehold'],
];

function run(program: string, order: string[]): unknown[] {
  const { status, signal, stderr, told } = runChild(`${prelude}${program}`, { path: temporaryFolder(), addons, order });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return told;
}

test.each(ORDERS)('a process exits with live nodes, addons loaded as %s, %s, %s', (...order) => {
  const told = run('tell(await hold(args, library));', order);
  expect(told).toEqual([104]);
});

test.each(ORDERS)('workers exit, or are terminated, with live nodes: %s, %s, %s', (...order) => {
  const told = run(
    `
    const { Worker } = await import('node:worker_threads');
    const { writeFileSync } = await import('node:fs');
    const path = join(args.path, 'worker.mjs');
    writeFileSync(path, ${JSON.stringify(prelude)} + \`
      const { parentPort, workerData } = await import('node:worker_threads');
      parentPort.postMessage(await hold(workerData.args, workerData.library));
      if (workerData.stays) setInterval(() => {}, 1000);
    \`);
    for (let i = 0; i < 4; i++) {
      const stays = i % 2 === 1;
      const worker = new Worker(path, { workerData: { args, library, stays } });
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      const shared = await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      if (stays) await worker.terminate();
      await exited;
      tell(shared);
    }`,
    order,
  );
  expect(told).toEqual(new Array(4).fill(104));
});
