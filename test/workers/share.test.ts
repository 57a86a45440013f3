import { describe, expect, test } from 'vitest';
import { askChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';
import { versions, workerProgram } from './program.ts';

/** A number that threads increment. */
const counter = `
const u32 = (number) => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(number); return bytes; };
const counted = (items) => items.get(1).toBuffer().readUInt32LE();
`;

const ask = (main: string, worker: string, execArgv: string[] = []): unknown =>
  askChild(workerProgram({ shared: versions + counter, main, worker }), { path: temporaryFolder() }, { execArgv });

/** A worker that answers each message until it is told to end. */
const answering = `
  const { env, items } = openItems();
  say('ready');
  parentPort.on('message', (message) => {
    if (message === 'end') { parentPort.close(); env.close(); return; }
    say(answers[message]());
  });`;

describe('threads', () => {
  lendingTest('share an environment, and have their own transactions, windows and counters', () => {
    const told = ask(
      `const { env, items } = openItems();
      rewrite({ env, items });
      const worker = start({});
      await once(worker, 'message');
      const asked = async (message) => { worker.postMessage(message); return (await once(worker, 'message'))[0]; };
      const result = [await asked('open')];
      rewrite({ env, items });
      const mine = env.read();
      const value = items.get(1, mine);
      result.push(await asked('read'), versionOf(value), env.counters().snapshots);
      // A drain of this thread leaves the values and the reader slots of other threads alone.
      mine.end();
      await mine.drained;
      result.push(value.state, await asked('state'), env.counters().rowsMoved);
      // The map cannot move while another thread reads.
      result.push(codeOf(() => env.resize(2 ** 37)), await asked('end of read'), codeOf(() => env.resize(2 ** 37)));
      result.push(await asked('size') === 2 ** 37, await asked('fresh'), versionOf(items.get(1)));
      worker.postMessage('end');
      await exitOf(worker);
      result.push(items.count());
      env.close();
      result.push(readFileSync('/proc/self/maps', 'utf8').includes('data.mdb'));
      tell(result);`,
      `let txn;
      let value;
      const answers = {
        'open': () => versionOf(items.get(1)),
        'read': () => { txn = env.read(); value = items.get(1, txn); return versionOf(value); },
        'state': () => value.state + ' ' + versionOf(value),
        'end of read': () => { txn.end(); env.resize(); return value.state; },
        'size': () => env.info().mapSize,
        'fresh': () => env.read((txn) => versionOf(items.get(1, txn))),
      };
      ${answering}`,
    );
    expect(told).toEqual([1, 2, 2, 1, 'copied', 'shared 2', 1, 'ERR_BUSY', 'copied', 'none', true, 2, 2, 300, false]);
  });

  test('read whole snapshots while the main thread rewrites every page', () => {
    const told = ask(
      `const made = openItems();
      rewrite(made);
      const seen = [];
      const workers = Array.from({ length: 4 }, (_, i) => start({ seed: i }));
      workers.forEach((worker, i) => worker.on('message', (message) => { seen[i] = message; }));
      const exits = workers.map(exitOf);
      let rewrites = 0;
      while (seen.filter((one) => one?.done === true || one?.problem !== undefined).length < 4) {
        rewrite(made);
        rewrites++;
        await turn();
      }
      for (const worker of workers) worker.postMessage('end');
      await Promise.all(exits);
      tell({ problems: seen.filter((one) => one.problem), versions: seen.map((one) => one.versions > 3), rewrites: rewrites > 10 });`,
      `const { env, items } = openItems();
      const random = randomOf(workerData.seed);
      const kept = [];
      const versions = new Set();
      try {
        for (let i = 0; i < 150; i++) {
          const txn = env.read();
          const version = versionOf(items.get(1, txn));
          versions.add(version);
          for (const { key, value } of items.range({ reverse: random(2) === 0 }, txn)) {
            check(key, value, version);
            if (random(40) === 0) kept.push({ key, value, version });
          }
          const buffer = items.getBuffer(50, txn);
          txn.end();
          if (random(3) === 0) await txn.drained;
          await turn();
          if (!buffer.equals(contents(50, version))) throw new Error('a wrong Buffer');
          for (const one of kept) check(one.key, one.value, one.version);
          if (kept.length > 200) kept.splice(0, 100);
        }
        say({ done: true, versions: versions.size });
      } catch (error) {
        say({ problem: String(error.stack) });
      }
      await heard();`,
    );
    expect(told).toEqual({ problems: [], versions: [true, true, true, true], rewrites: true });
  });

  test('exclude each other when they write, with children and undone writes between', () => {
    const told = ask(
      `const { env, items } = openItems();
      items.put(1, Buffer.alloc(4));
      const workers = Array.from({ length: 3 }, (_, seed) => start({ seed }));
      const exits = workers.map(exitOf);
      for (let i = 0; i < 300; i++) {
        env.write(() => { items.put(2, Buffer.alloc(i)); items.put(1, u32(counted(items) + 1)); });
        if (i % 10 === 0) await turn();
      }
      await Promise.all(exits);
      tell(counted(items));`,
      `const { env, items } = openItems();
      for (let i = 0; i < 300; i++) {
        try {
          env.write(() => {
            const next = counted(items) + 1;
            env.write(() => items.put(1, u32(next)));
            if (i % 3 === 2) throw new Error('undone');
          });
        } catch (error) {
          if (error.message !== 'undone') throw error;
        }
      }
      env.close();`,
    );
    expect(told).toBe(300 + 3 * 200);
  });

  test('make, write and drop collections beside each other', () => {
    const told = ask(
      `const { env } = openItems();
      const workers = Array.from({ length: 4 }, (_, seed) => start({ seed }));
      const problems = [];
      for (const worker of workers) worker.on('message', (message) => problems.push(message));
      await Promise.all(workers.map(exitOf));
      const sums = env.collections().filter((name) => name.startsWith('of ')).map((name) => {
        const made = env.collection(name, { key: uint32, value: utf8 });
        return made.range().toArray().every(({ key, value }) => value === name + ' ' + key);
      });
      tell({ problems, sums });`,
      `const { env } = openItems();
      const random = randomOf(workerData.seed);
      const codecs = { key: uint32, value: utf8 };
      for (let i = 0; i < 60; i++) {
        try {
          const name = 'of ' + random(12);
          const made = env.collection(name, codecs);
          made.put(random(100), 'x');
          env.write(() => { for (let k = 0; k < 5; k++) { const key = random(100); made.put(key, name + ' ' + key); } made.range().toArray()
            .filter(({ value }) => value === 'x').forEach(({ key }) => made.put(key, name + ' ' + key)); });
          env.read((txn) => {
            for (const { key, value } of made.range({}, txn)) {
              if (value !== 'x' && value !== name + ' ' + key) say('of another: ' + name + ' ' + key + ' ' + value);
            }
          });
        } catch (error) {
          if (error.code !== 'ERR_BUSY') say(String(error.stack));
        }
      }
      env.close();`,
    ) as { problems: string[]; sums: boolean[] };
    expect(told.problems).toEqual([]);
    expect(told.sums.every((right) => right)).toBe(true);
    expect(told.sums.length).toBeGreaterThan(5);
  });

  test('know no transaction or cursor of another thread', () => {
    const told = ask(
      `const { createRequire } = await import('node:module');
      const { env, items } = openItems();
      rewrite({ env, items });
      const addon = createRequire(import.meta.url)(library + '/build/Release/leasehold.node');
      addon.attach(new Uint8Array(65536), new Uint32Array(64), (code, message) => Object.assign(new Error(message), { code }));
      const opened = addon.open(args.path, NaN, NaN, NaN, NaN, NaN, NaN, 0);
      const handles = [addon.readBegin(addon.environmentHandle(opened), false), addon.readBegin(addon.environmentHandle(opened), true)];
      const id = addon.findCollection(handles[0], 'items');
      handles.push(addon.rangeOpen(handles[0], id, 0, 0, 0, 0, 9, 0));
      const worker = start({ handles, id });
      const [codes] = await once(worker, 'message');
      tell([codes, addon.transactionId(handles[0]) === addon.transactionId(handles[1])]);
      await exitOf(worker);
      addon.close(opened);`,
      `const { createRequire } = await import('node:module');
      const addon = createRequire(import.meta.url)(library + '/build/Release/leasehold.node');
      addon.attach(new Uint8Array(65536), new Uint32Array(64), (code, message) => Object.assign(new Error(message), { code }));
      const codes = new Set();
      for (const handle of workerData.handles) {
        for (const name of ['transactionId', 'readEnd', 'sweep', 'nextGroup', 'endGroup', 'nextLease', 'drained', 'leaseCount', 'writeCommit', 'dropLease', 'transactWrites', 'transactMark', 'transactEndMark', 'transactExpect', 'transactCommit']) {
          try { addon[name](handle); codes.add(name + ' worked'); } catch (error) { codes.add(error.code); }
        }
        for (const name of ['get', 'getPrivate', 'answerGets', 'answerMany', 'packRows', 'has', 'getBuffer', 'change', 'collectionStat', 'rangeOpen', 'count']) {
          try { addon[name](handle, workerData.id, 0, 4, 0, 0, 0, 0); codes.add(name + ' worked'); } catch (error) { codes.add(error.code); }
        }
        try { addon.rangeNext(handle, {}, 5); codes.add('rangeNext worked'); } catch (error) { codes.add(error.code); }
      }
      say([...codes]);`,
    );
    expect(told).toEqual([['ERR_TXN_ENDED'], true]);
  });
});
