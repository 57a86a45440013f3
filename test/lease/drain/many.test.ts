import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { bytes, type ReadTransaction, uint32, type Value } from '../../../lib/index.ts';
import { askChild, copyOfLibrary, runChild } from '../../support/child.ts';
import { collectionOf, temporaryFolder, until } from '../../support/fixture.ts';
import { lendingTest as test } from '../../support/lending.ts';

function world(count = 2000) {
  const made = collectionOf({ key: uint32, value: bytes });
  made.env.write(() => {
    for (let i = 0; i < count; i++) made.items.append(i, Buffer.from(`value ${i}`));
  });
  return made;
}

type World = ReturnType<typeof world>;
interface Held {
  txn: ReadTransaction;
  values: Value[];
}

/** Transactions, some on one snapshot and some on another, with values held of each. */
function hold({ env, items }: World, count: number): Held[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 3 === 0) items.put(5000, Buffer.of(i));
    const txn = env.read();
    return { txn, values: items.range({ gte: i, limit: 300 }, txn).values().toArray() };
  });
}

const isRight = ({ values }: Held, i: number): boolean =>
  values.every((value, k) => value.toBuffer().toString() === `value ${i + k}`);

describe('many transactions that drain', () => {
  const orders: Record<string, (held: Held[]) => Held[]> = {
    'in the order in which they began': (held) => held,
    'from the last to the first': (held) => [...held].reverse(),
    'every other one first': (held) => [...held.filter((_, i) => i % 2 === 1), ...held.filter((_, i) => i % 2 === 0)],
  };

  test.each(Object.entries(orders))('settle, ended %s', async (_, order) => {
    const made = world();
    const held = hold(made, 12);
    for (const { txn } of order(held)) txn.end();
    await Promise.all(held.map(({ txn }) => txn.drained));
    expect(held.map(({ txn }) => txn.state)).toEqual(new Array(12).fill('ended'));
    expect(made.env.counters().snapshots).toBe(0);
    made.env.write(() => made.items.clear());
    for (let i = 0; i < 100; i++) made.items.put(i, Buffer.alloc(3000, 'other'));
    expect(held.every(isRight)).toBe(true);
  });

  test('settle one at a time, whichever is waited for first', async () => {
    const made = world();
    const held = hold(made, 9).map((one) => ({ ...one, waiting: one.txn.drained }));
    for (const { txn } of held) txn.end();
    for (const i of [4, 0, 8, 3, 1, 7]) {
      await held[i]?.waiting;
      expect([i, held[i]?.txn.state]).toEqual([i, 'ended']);
    }
    await until(() => held.every(({ txn }) => txn.state === 'ended'), 'the end of those that nobody waited for');
    expect(held.every(isRight)).toBe(true);
  });

  test('drained may be read before the end, at it, while it drains and after it', async () => {
    const made = world();
    const [{ txn }] = hold(made, 1) as [Held];
    const promises = [txn.drained];
    txn.end();
    promises.push(txn.drained, txn.drained);
    await promises[0];
    promises.push(txn.drained);
    await Promise.all(promises);
    expect(txn.state).toBe('ended');
  });

  test('are finished by close(), by resize() and by a need for slots, also in the midst of a drain', async () => {
    for (const finish of ['close', 'resize'] as const) {
      const made = world();
      const held = hold(made, 6);
      const waiting = held.map(({ txn }) => txn.drained);
      for (const { txn } of held) txn.end();
      await new Promise((resolve) => setImmediate(resolve));
      made.env[finish]();
      expect(held.map(({ txn }) => txn.state)).toEqual(new Array(6).fill('ended'));
      await Promise.all(waiting);
      expect(held.every(isRight)).toBe(true);
      expect(held.flatMap(({ values }) => values).every(({ state }) => state === 'copied')).toBe(true);
    }
  });

  test('copy each byte once: what is held, and no more than its leases', async () => {
    const made = world();
    const [{ txn, values }] = hold(made, 1) as [Held];
    const total = values.reduce((sum, value) => sum + value.byteLength + 4, 0);
    txn.end();
    await txn.drained;
    // Only values were asked for, but the rows of a range hold the keys too. All of the leases are alive.
    const { bytesCopied, rowsMoved, drains } = made.env.counters();
    expect([rowsMoved, drains]).toEqual([300, 1]);
    expect(bytesCopied).toBe(total);
    made.env.close();
    expect(isRight({ txn, values }, 0)).toBe(true);
  });
});

const setUp = `
const env = open(args.path, { durability: 'nosync' });
const items = env.collection('items', { key: uint32, value: bytes });
env.write(() => { for (let i = 0; i < 3000; i++) items.put(i, Buffer.from('value ' + i)); });
const txn = env.read();
const values = items.range({}, txn).values().toArray();
const right = () => values.every((value, i) => value.toBuffer().toString() === 'value ' + i);
`;

describe('a process', () => {
  test('that waits for drained lives until then', () => {
    const told = askChild(`${setUp} txn.end(); await txn.drained; tell([txn.state, right()]);`, {
      path: temporaryFolder(),
    });
    expect(told).toEqual(['ended', true]);
  });

  test('that waits for nothing ends, whatever drains or is open', () => {
    for (const rest of [
      'txn.end();',
      '',
      'txn.end(); setImmediate(() => {});',
      'env.close();',
      'txn.end(); process.exit(0);',
    ]) {
      const { status, signal, stderr } = runChild(`${setUp} ${rest}`, { path: temporaryFolder() });
      expect({ rest, status, signal, stderr }).toEqual({ rest, status: 0, signal: null, stderr: '' });
    }
  });

  test('that ends may read what it holds to the last', () => {
    const told = askChild(
      `${setUp} txn.end(); process.on('exit', () => { env.close(); tell([txn.state, right()]); });`,
      {
        path: temporaryFolder(),
      },
    );
    expect(told).toEqual(['ended', true]);
  });
});

/**
 * A test cannot make the memory run out, so the allocation fails on demand in a copy of the library. Nothing may have
 * been given up before the allocation is tried.
 */
function libraryWithoutMemory(): string {
  const library = copyOfLibrary('files');
  const path = join(library, 'dist/base/primordials.js');
  const source = readFileSync(path, 'utf8');
  const pattern = /export const PrimordialArrayBuffer = ArrayBuffer;/;
  expect(source).toMatch(pattern);
  writeFileSync(
    path,
    source.replace(
      pattern,
      `export const PrimordialArrayBuffer = class extends ArrayBuffer {
        constructor(size) {
          if (globalThis.noMemory) { globalThis.refused = true; throw new RangeError('Array buffer allocation failed'); }
          super(size);
        }
      };`,
    ),
  );
  return library;
}

test('a drain for which there is no memory loses nothing: ENOMEM says so, and it can be tried again', () => {
  const library = libraryWithoutMemory();
  const told = askChild(
    `${setUp}
    const other = env.read();
    globalThis.noMemory = true;
    txn.end();
    const codes = [codeOf(() => env.resize()), codeOf(() => env.close())];
    const states = [env.isOpen, txn.state, values[0].state, right()];
    // Transactions go on, and so do commits, which cannot touch the snapshot.
    for (let i = 0; i < 30; i++) { items.put(0, Buffer.from('x' + i)); env.read(() => items.get(0)); }
    const during = [right(), items.get(0).toBuffer().toString(), codeOf(() => items.get(1, other))];
    await new Promise((resolve) => setTimeout(resolve, 0));
    globalThis.noMemory = false;
    await txn.drained;
    const after = [txn.state, values[0].state, right()];
    env.close();
    tell({ codes, states, during, after, closed: [env.isOpen, right()] });`,
    { path: temporaryFolder() },
    { library },
  ) as Record<string, unknown[]>;
  expect(told['codes']).toEqual(['ENOMEM', 'ENOMEM']);
  expect(told['states']).toEqual([true, 'draining', 'shared', true]);
  expect(told['during']?.slice(0, 2)).toEqual([true, 'x29']);
  expect(told['after']).toEqual(['ended', 'copied', true]);
  expect(told['closed']).toEqual([false, true]);
});

describe('a process that awaits drained, and for which there is no memory,', () => {
  test.each([
    ['from the start', 'txn.end(); const { drained } = txn;'],
    [
      'once it has been tried already',
      `txn.end();
      while (!globalThis.refused) await new Promise((resolve) => setTimeout(resolve, 1));
      const { drained } = txn;`,
    ],
  ])('stays alive until there is, %s', (_, begin) => {
    const { status, told, stderr } = runChild(
      `${setUp}
      globalThis.noMemory = true;
      ${begin}
      setTimeout(() => { globalThis.noMemory = false; }, 150).unref();
      drained.then(() => tell([txn.state, values[0].state, right()]));`,
      { path: temporaryFolder() },
      { library: libraryWithoutMemory() },
    );
    expect({ status, told, stderr }).toEqual({ status: 0, told: [['ended', 'copied', true]], stderr: '' });
  });
});

test('a LeaseSource for which there is no memory loses nothing, stays open, and can be tried again', () => {
  const library = libraryWithoutMemory();
  const told = askChild(
    `const { LeaseSource } = await import(library + '/dist/lease/sources/lease-source.js');
    const { Key, Value } = leasehold;
    const source = new LeaseSource(new Uint8Array(Buffer.alloc(20_000, 'bytes;')).buffer);
    const lend = (offset) => Value.from(source, offset, 6000);
    const values = [0, 6, 12, 6000, 12_000].map(lend);
    const right = () => values.every((value) => value.equals(Buffer.alloc(6000, 'bytes;')));
    const states = () => [...new Set(values.map(({ state }) => state))];
    globalThis.noMemory = true;
    const codes = [() => source.revoke(), () => source.end(), () => source.end()].map(codeOf);
    const during = [source.state, states(), right()];
    globalThis.noMemory = false;
    values.push(lend(6));
    source.revoke();
    const after = [source.state, states(), right()];
    values.push(lend(12));
    source.end();
    tell({ codes, during, after, ended: [source.state, states(), right()] });`,
    null,
    { library },
  );
  expect(told).toEqual({
    codes: ['ENOMEM', 'ENOMEM', 'ENOMEM'],
    during: ['open', ['shared'], true],
    after: ['open', ['copied'], true],
    ended: ['ended', ['copied'], true],
  });
});
