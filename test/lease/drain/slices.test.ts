import { describe, expect } from 'vitest';
import { askChild, runChild } from '../../support/child.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { lendingTest as test } from '../../support/lending.ts';
import { compileAddon } from '../addons.ts';

/** Runs before the library is loaded, because the library captures what node:timers exports at that time. See `counting`. */
const preload = `
  import { syncBuiltinESMExports } from 'node:module';
  import timers from 'node:timers';
  globalThis.around = (callback) => callback();
  for (const name of ['setImmediate', 'setTimeout']) {
    const schedule = timers[name];
    timers[name] = (callback, ...rest) => schedule(() => globalThis.around(callback), ...rest);
  }
  syncBuiltinESMExports();
`;
const execArgv = ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];

/**
 * Counts what a drain does between turns of the event loop: every callback that the library gives to setImmediate or
 * setTimeout, and the rows and Buffers that each one moves.
 */
const counting = `
  const slices = [];
  const counted = (callback) => {
    const before = env.counters();
    callback();
    const after = env.counters();
    slices.push({ rows: after.rowsMoved - before.rowsMoved, drains: after.drains - before.drains });
  };
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items', { key: uint32, value: bytes });
  const content = (i) => Buffer.alloc(2000, 'k' + i + ';');
  env.write(() => { for (let i = 0; i < 20_000; i++) items.append(i, content(i)); });
  const count = () => { globalThis.around = counted; };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
`;

describe('a drain', () => {
  test('of 40 MB that are held takes many turns of the event loop, and others have theirs between', () => {
    const told = askChild(
      `${counting}
      const txn = env.read();
      const values = items.range({}, txn).values().toArray();
      count();
      txn.end();
      let others = 0;
      const waiting = txn.drained.then(() => { waited = true; });
      let waited = false;
      let partial = 0;
      while (!waited) {
        await turn();
        others++;
        const states = new Set(values.map((value) => value.state));
        if (states.size === 2) partial++;
        if (others % 10 === 0 && !values[others % 20_000].equals(content(others % 20_000))) throw new Error('wrong');
      }
      const right = values.every((value, i) => value.equals(content(i)));
      const moving = slices.filter(({ rows }) => rows > 0).map(({ rows }) => rows);
      tell({ right, partial, slices: moving.length, most: Math.max(...moving), rows: env.counters().rowsMoved });`,
      { path: temporaryFolder() },
      { execArgv },
    ) as { right: boolean; partial: number; slices: number; most: number; rows: number };
    expect([told.right, told.rows]).toEqual([true, 20_000]);
    // 40 MB take some 10 ms to copy: no slice may have done much of it, however fast or slow this machine is.
    expect(told.slices).toBeGreaterThan(4);
    expect(told.partial).toBeGreaterThan(2);
    expect(told.most).toBeLessThan(10_000);
  });

  test('of leased Buffers does so too', () => {
    const told = askChild(
      `${counting}
      env.write(() => { for (let i = 0; i < 200; i++) items.put(100_000 + i, Buffer.alloc(500_000, i)); });
      const txn = env.read();
      const buffers = Array.from({ length: 200 }, (_, i) => items.getBuffer(100_000 + i, txn));
      txn.end();
      let waited = false;
      txn.drained.then(() => { waited = true; });
      count();
      let turns = 0;
      const faults = () => process.resourceUsage().minorPageFault;
      let last = faults();
      let most = 0;
      while (!waited) {
        await turn();
        turns++;
        const now = faults();
        most = Math.max(most, now - last);
        last = now;
      }
      tell({ most, right: buffers.every((buffer, i) => buffer.equals(Buffer.alloc(500_000, i))) });`,
      { path: temporaryFolder() },
      { execArgv },
    ) as { most: number; right: boolean };
    expect(told.right).toBe(true);
    // 100 MB are 24,400 pages, which the kernel copies one at a time.
    expect(told.most).toBeLessThan(12_000);
  });

  test('asks the sinks of other addons in parts, and moves leases among them', async () => {
    const told = askChild(
      `${counting}
      import { createRequire } from 'node:module';
      const sink = createRequire(import.meta.url)(args.addon);
      const txn = env.read();
      const sinks = [];
      const values = [];
      for (let i = 0; i < 100_000; i++) {
        const value = items.get(i % 20_000, txn);
        if (i % 100 === 0) values.push({ i: i % 20_000, value });
        else sinks.push(sink.borrow(value));
      }
      txn.end();
      let waited = false;
      txn.drained.then(() => { waited = true; });
      let most = 0;
      // Some of each part tell how large it is.
      const sample = sinks.filter((_, i) => i % 100 === 0);
      for (let before = 0; !waited; ) {
        await turn();
        const copied = sample.reduce((count, counter) => count + (sink.state(counter) === 'copied' ? 1 : 0), 0);
        most = Math.max(most, copied - before);
        before = copied;
      }
      tell([
        most < sample.length / 2,
        sinks.every((counter) => sink.state(counter) === 'copied' && sink.count(counter, 'k'.charCodeAt(0)) > 100),
        values.every(({ i, value }) => value.state === 'copied' && value.equals(content(i))),
      ]);`,
      { path: temporaryFolder(), addon: await compileAddon('examples/addons/sink') },
    );
    expect(told).toEqual([true, true, true]);
  });

  test('is not put off by those that come after it, though each is waited for', () => {
    const told = askChild(
      `${counting}
      const kept = [];
      let settled = 0;
      let turns = 0;
      for (; settled === 0 && turns < 2000; turns++) {
        const txn = env.read();
        kept.push(items.get(turns, txn));
        txn.end();
        txn.drained.then(() => { settled++; });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      tell([settled > 0, turns < 1000, kept.every((value, i) => value.equals(content(i)))]);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([true, true, true]);
  });

  test('serves those that are waited for in the order in which they were asked', () => {
    const told = askChild(
      `${counting}
      const order = [];
      const lent = Array.from({ length: 6 }, () => {
        const txn = env.read();
        return { txn, values: items.range({ limit: 3000 }, txn).values().toArray() };
      });
      for (const { txn } of lent) txn.end();
      await Promise.all([3, 0, 5, 1, 4, 2].map((i) => lent[i].txn.drained.then(() => order.push(i))));
      tell(order);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([3, 0, 5, 1, 4, 2]);
  });
});

describe('an idle process', () => {
  const idle = `
    import { createServer } from 'node:net';
    const server = createServer().listen(0);
    ${counting}
    let txn = env.read();
    const values = items.range({}, txn).values().toArray();
    const right = () => values.every((value, i) => value.equals(content(i)));`;

  test('drains without anything that waits for it', () => {
    const told = askChild(
      `${idle}
      txn.end();
      // Asked at long intervals: it does nothing that could make the collector run.
      const look = setInterval(() => {
        if (txn.state !== 'ended') return;
        clearInterval(look);
        tell([right(), env.counters().snapshots]);
        server.close();
      }, 100);`,
      { path: temporaryFolder() },
    );
    expect(told).toEqual([true, 0]);
  });

  test('is not kept alive by a drain that nobody waits for, but by one that somebody waits for', () => {
    const rest: Record<string, unknown[]> = {
      "txn.end(); process.on('exit', () => tell([txn.state, right()]));": ['draining', true],
      "txn.end(); txn.drained.then(() => {}); process.on('exit', () => tell([txn.state, right()]));": ['ended', true],
      "txn.end(); process.on('exit', () => { env.close(); tell([txn.state, right()]); });": ['ended', true],
    };
    for (const [source, expected] of Object.entries(rest)) {
      const { status, told, stderr } = runChild(`${idle} server.close(); ${source}`, { path: temporaryFolder() });
      expect({ source, status, told: told[0], stderr }).toEqual({ source, status: 0, told: expected, stderr: '' });
    }
  });
});
