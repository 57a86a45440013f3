import { describe, expect, test } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/fixture.ts';

/**
 * Programs that reach past the library to its addon, in processes of their own: whatever they pass, each call must throw
 * or return, and never end the process.
 */
const loadAddon = `
import { createRequire } from 'node:module';
const addon = createRequire(import.meta.url)(library + '/build/Release/leasehold.node');
// Most of the time would go into the stacks of errors that nobody sees.
Error.stackTraceLimit = 0;
const problems = [];
let calls = 0;
const call = (name, ...given) => {
  calls++;
  try {
    return addon[name](...given);
  } catch (error) {
    if (!(error instanceof Error) || typeof error.code !== 'string') problems.push(name + ': ' + String(error));
    return undefined;
  }
};
`;

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers below `n`, the same for the same seed (mulberry32). */
const randomNumbers = `
let state = ${seed};
const random = (n) => {
  state = (state + 0x6d2b79f5) | 0;
  let x = Math.imul(state ^ (state >>> 15), 1 | state);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) % n;
};
`;

const garbage = `
const values = [undefined, null, true, NaN, -1, 0, 1, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, 5n, '', 'x', Symbol('s'), {}, [],
  () => {}, new Uint8Array(0), new Uint8Array(64), new Uint32Array(64), new Float64Array(4), new ArrayBuffer(64), new Map(),
  Object.create(null)];
const names = Object.keys(addon).filter((name) => name !== 'close');
`;

function run(source: string): { calls: number; problems: string[] } {
  // Static imports stand before the program's other statements, wherever they are written.
  const { status, signal, stderr, told } = runChild(`${loadAddon}${source}\ntell({ calls, problems });`, {
    path: temporaryFolder(),
  });
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  return told.at(-1) as { calls: number; problems: string[] };
}

const openSomething = `
const environment = addon.open(args.path, NaN, NaN, NaN, NaN, NaN, NaN, 0);
const io = new Uint8Array(65536);
const control = new Uint32Array(64);
addon.attach(io, control, (code, message) => Object.assign(new Error(message), { code }));
addon.setTable(new Uint32Array(4096 * 4));
const making = addon.writeBegin(environment, Infinity);
const items = addon.makeCollection(making, 'items', 0);
const pairs = addon.makeCollection(making, 'pairs', 1);
const versioned = addon.makeCollection(making, 'versioned', 2);
addon.writeCommit(making);
`;

describe('the addon, called directly,', () => {
  test('throws for arguments of any type, before anything was attached or opened', () => {
    const { calls, problems } = run(`${garbage}
      for (const name of names) {
        call(name);
        for (const value of values) for (const count of [1, 2, 4, 8]) call(name, ...new Array(count).fill(value));
      }`);
    expect(problems).toEqual([]);
    expect(calls).toBeGreaterThan(2000);
  });

  test('throws for a right environment and garbage beside it', () => {
    const { problems } = run(`${openSomething}${garbage}
      const write = addon.writeBegin(environment, Infinity);
      for (let i = 0; i < 50; i++) { io[0] = i; io[1] = 1; addon.change(write, items, 0, 2, undefined, 0, 60, 0); }
      for (let i = 0; i < 500; i++) { io[0] = i >> 6; io[2] = i; addon.change(write, pairs, 0, 2, undefined, 2, 60, 0); }
      addon.writeCommit(write);
      const except = new Set(['attach', 'setTable', 'resize', 'writeBegin', 'open']);
      for (const name of names.filter((name) => !except.has(name))) {
        if (name === 'hasPair') {
          for (const value of values) for (const other of values) call(name, addon.readBegin(addon.environmentHandle(environment), false), pairs, 0, 2, value, other, other);
        }
        const transact = addon.transactBegin(addon.environmentHandle(environment), true);
        call('change', transact, versioned, 0, 2, undefined, 0, 60, 0);
        for (const second of values) for (const third of values) call(name, transact, versioned, second, third, 1, third, 1, 1);
        for (const first of [transact, environment, addon.readBegin(addon.environmentHandle(environment), false), addon.readBegin(addon.environmentHandle(environment), true), 2 ** 30, -5]) {
          for (const second of values) {
            for (const third of values) call(name, first, second, third, third, 1, third, 1, 1);
          }
        }
        const handle = addon.environmentHandle(environment);
        for (const second of values) for (const third of values) call(name, handle, second, third);
      }
      // Requests of locks that wait would keep the process running.
      addon.close(environment);`);
    expect(problems).toEqual([]);
  });

  test('checks offsets and lengths against the buffers that it was given', () => {
    const { problems } = run(`${openSomething}
      const numbers = [0, 1, 2, 16, 65535, 65536, 65537, 2 ** 31, 2 ** 32 - 1];
      const write = addon.writeBegin(environment, Infinity);
      for (const offset of numbers) for (const length of numbers) {
        call('change', write, items, offset, length, undefined, offset, length, 0);
        call('change', write, items, 0, 2, io, offset, length, 0);
        for (const kind of [0, 1, 2, 3, 4, 5, 7, 8, 255]) call('change', write, pairs, 0, 2, io, offset, length, kind);
        for (const collection of [items, pairs]) for (const [name, ...kind] of [['hasPair'], ['change', 4], ['change', 5]]) {
          call(name, write, collection, offset, length, undefined, offset, length, ...kind);
          call(name, write, collection, 0, 2, io, offset, length, ...kind);
          call(name, write, collection, 0, 2, new Uint8Array(3), offset, length, ...kind);
        }
        for (const collection of [items, pairs, 77]) for (const handle of [write, 5, 2 ** 32 - 1]) {
          // Not CHANGE_DROP: what comes after it would find no collection.
          const kind = [0, 1, 2, 3, 4, 5, 7, 8, 2 ** 32 - 1][(offset + length) % 9];
          control.set([handle, collection, offset, kind], 16);
          control.set([3, length], 5);
          call('changeWritten');
          control.set([length, 2], 5);
          call('changeWritten');
        }
        call('get', write, items, offset, length);
        call('change', write, items, offset, length, undefined, 0, 0, 3);
        call('count', write, items, [5, 901][length % 2], offset, length, length, 9, offset);
        call('rangeOpen', write, items, [5, 901][length % 2], offset, length, length, 9, offset);
      }
      io.fill(1);
      call('change', write, items, 0, 100, undefined, 0, 3000, 0);
      call('change', write, items, 0, 101, undefined, 0, 60000, 0);
      call('writeCommit', write);
      const read = addon.readBegin(addon.environmentHandle(environment), false);
      for (const offset of numbers) for (const length of numbers) {
        call('get', read, items, offset, length);
        call('getPrivate', read, items, offset, length, offset);
        call('answerGets', read, Uint32Array.of(0, items + 1), 0, 0, new Uint8Array(300), offset, length, new Uint8Array(300), length);
        call('answerMany', read, items, 0, 0, new Uint8Array(300), offset, length, 5, new Uint8Array(300), length);
        call('packRows', read, items, 0, offset, length, length, 9, 0, new Uint8Array(300), length);
        call('getMany', read, items, offset, Uint32Array.of(length, offset), length, {});
        call('lendBuffer', read, offset, length, offset);
        call('lendBuffer', read, 0, offset, length);
        call('window', environment, offset, length);
        const cursor = call('rangeOpen', read, items, 0, offset, length, length, 9, 0);
        if (cursor !== undefined) { call('rangeSeek', cursor, offset, length, length % 2 === 0, offset); call('rangeNext', cursor, {}, length); call('rangeNextPrivate', cursor, offset); }
      }
      for (const size of [0, 1, 15, 100, 3100, 65536]) call('takePrivate', new Uint8Array(size));`);
    expect(problems).toEqual([]);
  });

  test('knows handles that are stale or invented, and of another kind', () => {
    const { problems } = run(`${openSomething}
      const handles = [];
      for (let i = 0; i < 300; i++) {
        const read = addon.readBegin(addon.environmentHandle(environment), i % 2 === 0);
        handles.push(read, addon.rangeOpen(read, items, 0, 0, 0, 0, 9, 0));
        if (i % 3 === 0) addon.readEnd(read);
      }
      const write = addon.writeBegin(environment, Infinity);
      const child = addon.writeBegin(environment, Infinity);
      handles.push(write, child, write, child);
      const names = Object.keys(addon).filter((name) => !['attach', 'setTable', 'open', 'close', 'window'].includes(name));
      for (const handle of handles) for (const name of names) call(name, handle, items, 0, 2, undefined, 0, 2, 0);
      for (const name of names) {
        // The collector takes its time.
        const step = name === 'provokeCollector' ? 350 : 7;
        for (let i = -3; i < 4000; i += step) call(name, i * 1048577, items, 0, 2, undefined, 0, 2, 0);
      }
      call('close', environment);
      for (const handle of handles) for (const name of names) call(name, handle, items, 0, 2, undefined, 0, 2, 0);
      for (const name of names) call(name, environment, 'items', 0, 0);
      call('close', environment);`);
    expect(problems).toEqual([]);
  });

  test('does not depend on what its this is, and takes no object for an environment that is none', () => {
    const { problems } = run(`${openSomething}
      for (const name of Object.keys(addon)) {
        for (const object of [undefined, null, {}, environment, addon, 7]) {
          calls++;
          try { addon[name].call(object, Object.create(environment), 0, 0, 0); } catch (error) {
            if (typeof error.code !== 'string') problems.push(name + ': ' + String(error));
          }
        }
      }
      for (const fake of [Object.create(environment), new Proxy(environment, {}), { ...environment }, structuredClone({})]) {
        for (const name of ['stat', 'info', 'sync', 'writeBegin', 'close']) {
          const result = call(name, fake);
          if (result !== undefined) problems.push(name + ' took a fake');
        }
      }
      call('stat', environment);`);
    expect(problems).toEqual([]);
  });

  test(`survives joins that are opened, stepped and ended in any order, by any plan (seed ${seed})`, () => {
    const { problems } = run(`${openSomething}${randomNumbers}
      io.fill(1);
      const write = addon.writeBegin(environment, Infinity);
      for (let i = 0; i < 2000; i++) {
        io[0] = 2; io[1] = i >> 8; io[2] = i; io[3] = 0;
        addon.change(write, items, 0, 4, undefined, 4, 4 + (i % 60), 0);
      }
      addon.writeCommit(write);
      const held = [];
      let read, join, opened = 0;
      const plan = () => {
        const parts = 1 + random(2);
        const numbers = new Uint32Array(parts * 10 + (random(10) === 0 ? 1 : 0));
        for (let i = 0; i < numbers.length; i += 5) {
          numbers.set([[1, 2, 3, 4, 5, 6][random(6)], random(3), random(15), random(2), random(80)].slice(0, numbers.length - i), i);
        }
        return numbers;
      };
      const steps = [
        () => {
          const cursor = () => call('rangeOpen', read, items, random(2) * 16, 0, 0, 0, random(4000), random(3) * 50);
          const first = cursor();
          const side = (other) => (random(4) === 0 ? -1 : random(20) === 0 ? first : other);
          join = call('joinOpen', read, side(first), side(cursor()), plan(), 'a', random(5), 2 ** random(30), random(2)) ?? join;
          opened++;
        },
        () => {
          const lengths = new Uint32Array(random(9)).map(() => random(40) === 0 ? 2 ** 31 : random(30));
          const size = lengths.reduce((sum, length) => sum + length, 0);
          const most = random(9) === 0 ? random(300) : size;
          call('joinGive', join, random(2) === 0, lengths, random(9) === 0 ? 4 : lengths.length >> 1, new Uint8Array(most % 1000), size);
        },
        () => random(3) > 0 && call('joinBuild', join, random(3) * 1000),
        () => call('joinNext', join, (held.push({}), held.at(-1)), (held.push({}), held.at(-1)), random(600), random(4) === 0),
        () => call('joinNext', join, {}, {}, 2 ** 32 - 1, true),
        () => call('joinTake', join, control[8], new ArrayBuffer(control[5] % 100000), new ArrayBuffer(control[6] % 100000)),
        () => call('joinTake', join, random(9), new ArrayBuffer(random(2000)), new ArrayBuffer(random(2000))),
        () => call('joinCount', join),
        () => random(4) === 0 && call('joinClose', join),
        () => random(4) === 0 && call('readEnd', read),
        () => call('nextLease', read),
        () => call('moveLease', read, new ArrayBuffer(20000)),
        () => call('setTable', new Uint32Array(random(3) * 4000)),
        () => { held.length = 0; },
        () => { if (random(9) === 0) read = addon.readBegin(addon.environmentHandle(environment), random(2) === 0); },
      ];
      read = addon.readBegin(addon.environmentHandle(environment), false);
      for (let i = 0; i < 50000; i++) steps[random(steps.length)]();
      call('close', environment);
      call('joinNext', join, {}, {}, 9, true);
      if (opened < 1000) problems.push('too few joins');`);
    expect(problems).toEqual([]);
  });

  test(`survives leases that are moved, dropped and drained in any order (seed ${seed})`, () => {
    const { problems } = run(`${openSomething}${randomNumbers}
      io.fill(7);
      const write = addon.writeBegin(environment, Infinity);
      for (let i = 0; i < 500; i++) { io[0] = i >> 8; io[1] = i; addon.change(write, items, 0, 2, undefined, 2, 100, 0); }
      for (let i = 0; i < 5000; i++) { io[0] = i >> 10; io[2] = i >> 8; io[3] = i; addon.change(write, pairs, 0, 2, undefined, 2, 100, 0); }
      addon.writeCommit(write);
      const held = [];
      let read = addon.readBegin(addon.environmentHandle(environment), false);
      let cursor = addon.rangeOpen(read, items, 0, 0, 0, 0, 2 ** 53, 0);
      const steps = [
        () => call('rangeNext', cursor, (held.push({}), held.at(-1)), random(100)),
        () => call('get', read, items, 0, 2),
        () => call('lendFound', read, {}),
        () => call('lendFound', read, held.at(-1) ?? {}),
        () => call('nextLease', read),
        () => call('moveLease', read, new ArrayBuffer(random(2) * 20000)),
        () => call('moveLease', read, {}),
        () => call('nextGroup', read),
        () => call('splitGroup', read, (held.push({}), held.at(-1)), control[23] * random(4)),
        () => call('splitGroup', read, {}, random(2) * 2 ** 31),
        () => call('endGroup', read),
        () => call('dropLease', read),
        () => call('drained', read),
        () => call('sweep', read),
        () => call('readEnd', read),
        () => call('rangeSeek', cursor, 0, 2, false, random(3)),
        () => call('rangeClose', cursor),
        () => call('getBuffer', read, items, 0, 2),
        () => call('getBuffer', read, pairs, 0, 2),
        () => call('hasPair', read, pairs, 0, 2, undefined, 2, 100),
        () => call('setTable', new Uint32Array(random(3) * 400)),
        () => { held.length = 0; },
        () => { read = addon.readBegin(addon.environmentHandle(environment), random(2) === 0); cursor = addon.rangeOpen(read, random(2) === 0 ? items : pairs, random(2) * 64 + random(2) * 16 + random(2) * 128, 0, 0, 0, 1e6, random(3) * 100); },
      ];
      for (let i = 0; i < 50000; i++) steps[random(steps.length)]();
      call('close', environment);`);
    expect(problems).toEqual([]);
  });

  test(`survives sources that lend, are moved and ended in any order (seed ${seed})`, () => {
    const { problems } = run(`${openSomething}${randomNumbers}
      const held = [];
      let source, rows = 0;
      const renew = () => { source = {}; held.length = 0; call('sourceOpen', source, new ArrayBuffer(4096), random(3) === 0); };
      const size = () => [0, 4, 16, 800, 4096, 4097, random(5000), 2 ** 32, 2 ** 53][random(9)];
      const lend = (lease, table) => {
        const offset = random(5000);
        const length = random(100);
        if (call('sourceLend', source, 0, offset, length, lease, table) === 0) held.at(-1).table.set([0, 0, offset, length], rows++ * 4);
      };
      const steps = [
        () => { const table = new Uint32Array(64); held.push({ table }); rows = 0; lend(held.at(-1), table); },
        () => { if (held.at(-1)?.table && rows < 16) lend(undefined, undefined); },
        () => call('sourceLend', source, size(), random(5000), random(100), undefined, undefined),
        () => { held.length = 0; },
        () => call('lendCopy', source, new ArrayBuffer(16)),
        () => call('nextLease', source),
        () => call('moveLease', source, new ArrayBuffer(random(2) * 20000)),
        () => call('dropLease', source),
        () => call(['sweep', 'leaseCount', 'leaseStat'][random(3)], source),
        () => call('detachBuffers', source, random(2) === 0),
        () => call('resolve', source, size(), size(), size()),
        () => random(9) === 0 && call('sourceEnd', source, random(2) === 0),
        () => call('sourceReplace', source, new ArrayBuffer(4096)),
        () => call('sourceBorrow', {}, source),
        () => random(9) === 0 && renew(),
      ];
      renew();
      for (let i = 0; i < 50000; i++) steps[random(steps.length)]();`);
    expect(problems).toEqual([]);
  });
});
