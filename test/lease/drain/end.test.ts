import { describe, expect } from 'vitest';
import { bytes, type EnvironmentCounters, type ReadTransaction, uint32, utf8, type Value } from '../../../lib/index.ts';
import { askChild } from '../../support/child.ts';
import { collectionOf, openTemporary, temporaryFolder, until } from '../../support/fixture.ts';
import { lendingTest as test } from '../../support/lending.ts';

function world(count = 3000) {
  const made = collectionOf({ key: uint32, value: bytes });
  made.env.write(() => {
    for (let i = 0; i < count; i++) made.items.append(i, Buffer.from(`value ${i}`));
    made.items.put(1_000_000, Buffer.alloc(300_000, 'large '));
  });
  return made;
}

const copied = ({ bytesCopied, rowsMoved, drains }: EnvironmentCounters) => [bytesCopied, rowsMoved, drains];

describe('end()', () => {
  const reads: Record<string, (made: ReturnType<typeof world>, txn: ReadTransaction) => unknown> = {
    points: ({ items }, txn) => Array.from({ length: 500 }, (_, i) => items.get(i, txn)),
    'many points': ({ items }, txn) => items.getMany([1, 2, 3, 1_000_000], txn),
    'a range': ({ items }, txn) => items.range({}, txn).toArray(),
    'keys alone': ({ items }, txn) => items.range({}, txn).keys().toArray(),
    'leased Buffers': ({ items }, txn) => [items.getBuffer(1_000_000, txn), items.get(1_000_000, txn)?.asBuffer()],
  };

  test.each(Object.entries(reads))('copies nothing of %s that is held', (_, read) => {
    const made = world();
    const txn = made.env.read();
    const held = read(made, txn);
    const before = made.env.counters();
    txn.end();
    txn.end();
    expect(copied({ ...made.env.counters() })).toEqual(copied({ ...before }));
    expect([txn.state, held === undefined]).toEqual(['draining', false]);
    expect(made.env.counters()).toMatchObject({ snapshots: 1, drains: 0 });
  });

  const nothing: Record<string, (made: ReturnType<typeof world>, txn: ReadTransaction) => unknown> = {
    'nothing was read': () => 1,
    'an absent key was read': ({ items }, txn) => items.get(500_000, txn),
    'a scan was made': ({ items }, txn) => items.scan({}, ({ value }) => value.byteLength, txn),
    'entries were counted': ({ items }, txn) => items.count({ gt: 5 }, txn),
    'a range was empty': ({ items }, txn) => items.range({ gt: 2_000_000 }, txn).toArray(),
    'a small Buffer was read': ({ items }, txn) => items.getBuffer(1, txn),
    'a sink was kept by keep()': ({ items }, txn) => void items.get(1, txn)?.keep(),
  };

  test.each(Object.entries(nothing).slice(0, -1))('needs no drain when %s', (_, read) => {
    const made = world();
    const txn = made.env.read();
    read(made, txn);
    txn.end();
    expect([txn.state, made.env.counters().snapshots]).toEqual(['ended', 0]);
  });

  test('settles drained of a transaction that needs no drain', async () => {
    const { env } = world();
    const txn = env.read();
    const waiting = txn.drained;
    expect(txn.state).toBe('open');
    txn.end();
    await waiting;
    await txn.drained;
    expect(txn.state).toBe('ended');
  });
});

test('the state goes from open to draining to ended, and never back', async () => {
  const { env, items } = world();
  const txn = env.read();
  const held = items.range({}, txn).toArray();
  const states = [txn.state];
  const watch = (): void => {
    if (states.at(-1) !== txn.state) states.push(txn.state);
    if (txn.state !== 'ended') setImmediate(watch);
  };
  txn.end();
  watch();
  await txn.drained;
  watch();
  expect(states).toEqual(['open', 'draining', 'ended']);
  expect(held.map(({ value }) => value.state)).toEqual(new Array(3001).fill('copied'));
});

test('no commit changes what draining sinks show, before, in and after the drain', async () => {
  const { env, items } = collectionOf({ key: uint32, value: bytes });
  const fill = (version: number): void =>
    env.write(() => {
      for (let i = 0; i < 200; i++) items.put(i, Buffer.alloc(100 + (i % 7) * 1500, `k${i}v${version};`));
    });
  fill(0);
  const held: { values: Value[]; version: number; txn: ReadTransaction }[] = [];
  const right = () =>
    held.every(({ values, version }) =>
      values.every((value, i) => value.equals(Buffer.alloc(100 + (i % 7) * 1500, `k${i}v${version};`))),
    );
  for (let version = 0; version < 40; version++) {
    const txn = env.read();
    held.push({ txn, values: items.range({}, txn).values().toArray(), version });
    txn.end();
    fill(version + 1);
    expect([version, right()]).toEqual([version, true]);
    if (version % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(held.map(({ txn }) => txn.drained));
  fill(99);
  expect([right(), env.counters().snapshots]).toEqual([true, 0]);
});

/** Only the collector shows whether an object is reachable: until it runs, most leases look held. */
const scanned = `
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => { for (let i = 0; i < 100_000; i++) items.append(i, Buffer.alloc(50, i)); });
  const readAll = (txn) => { let sum = 0; for (const { key, value } of items.range({}, txn)) sum += value.byteLength; return sum; };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const ended = async (txn, each) => { while (txn.state !== 'ended') { each?.(); await turn(); } };
`;

describe('the collector gets its chance:', () => {
  test.each([
    ['that was asked to run', `for (let i = 0; i < 3; i++) { globalThis.gc(); await turn(); }`, ['--expose-gc']],
    ['that runs because the program allocates', '', []],
  ])('next to nothing of a scan of which nothing was kept is moved by a collector %s', (_, collect, execArgv) => {
    const told = askChild(
      `${scanned}
      let txn = env.read();
      const sum = readAll(txn);
      txn.end();
      ${collect}
      let junk = [];
      await ended(txn, () => { for (let i = 0; i < 2000; i++) junk.push({ i }); if (junk.length > 50_000) junk = []; });
      tell({ sum, ...env.counters() });`,
      { path: temporaryFolder() },
      { execArgv },
    ) as { sum: number; bytesCopied: number; drains: number };
    expect([told.sum, told.drains]).toEqual([5_000_000, 1]);
    expect(told.bytesCopied).toBeLessThan(54_000);
  });

  test('what is kept of a scan is moved with its lease, and no more', () => {
    const told = askChild(
      `${scanned}
      const txn = env.read();
      const kept = [];
      for (const { key, value } of items.range({}, txn)) if (key % 1000 === 0) kept.push({ key, value });
      txn.end();
      globalThis.gc();
      await turn();
      globalThis.gc();
      await txn.drained;
      const right = kept.every(({ key, value }) => value.equals(Buffer.alloc(50, key)));
      tell({ right, kept: kept.length, ...env.counters() });`,
      { path: temporaryFolder() },
      { execArgv: ['--expose-gc'] },
    ) as { right: boolean; kept: number; bytesCopied: number };
    expect([told.right, told.kept]).toEqual([true, 100]);
    // At most 8 KiB for each held Value, and for those whose owners are still on the stack.
    expect(told.bytesCopied).toBeLessThan(101 * 8192);
  });

  test('also while somebody waits for another transaction', () => {
    const told = askChild(
      `${scanned}
      const waiting = env.read();
      readAll(waiting);
      waiting.end();
      for (let i = 0; i < 3; i++) {
        const txn = env.read();
        const value = items.get(5, txn);
        txn.end();
        await txn.drained;
        if (value.state !== 'copied') throw new Error(value.state);
      }
      const { bytesCopied } = env.counters();
      globalThis.gc();
      await ended(waiting);
      tell([bytesCopied, env.counters().bytesCopied]);`,
      { path: temporaryFolder() },
      { execArgv: ['--expose-gc'] },
    ) as [number, number];
    expect(told[0]).toBe(150);
    expect(told[1]).toBeLessThan(54_000);
  });
});

test('several environments drain beside each other', async () => {
  const made = Array.from({ length: 5 }, (_, n) => {
    const env = openTemporary();
    const items = env.collection('items', { key: uint32, value: utf8 });
    const raw = env.collection('raw', { key: uint32, value: bytes });
    for (let i = 0; i < 50; i++) raw.put(i, Buffer.from(`environment ${n} value ${i}`));
    return { env, items, raw, n };
  });
  const lent = made.map(({ env, raw, n }) => {
    const txn = env.read();
    const values = raw.range({}, txn).values().toArray();
    txn.end();
    return { txn, values, n, env };
  });
  lent[2]?.env.close();
  lent[3]?.env.resize();
  expect(lent.map(({ txn }) => txn.state === 'ended').slice(2, 4)).toEqual([true, true]);
  await lent[4]?.txn.drained;
  await until(() => lent.every(({ txn }) => txn.state === 'ended'), 'the end of the others');
  for (const { values, n } of lent) {
    expect(values.map((value) => value.toBuffer().toString())).toEqual(
      Array.from({ length: 50 }, (_, i) => `environment ${n} value ${i}`),
    );
  }
});
