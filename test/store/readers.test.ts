import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { bytes, type Reader, uint32 } from '../../lib/index.ts';
import { compiledTools } from '../interop/tools.ts';
import { WaitingChild } from './child.ts';
import { codeOf, openTemporary, thrown } from './fixture.ts';

/** What mdb_stat -r tells of the reader slots. */
function slots(path: string): Reader[] {
  const { stdout } = spawnSync(compiledTools().stat, ['-r', path], { encoding: 'utf8' });
  return [...stdout.matchAll(/^\s*(\d+)\s+([0-9a-f]+)\s+(-|\d+)$/gm)].map(([, pid, thread, id]) => ({
    pid: Number(pid),
    thread: thread as string,
    transaction: id === '-' ? undefined : Number(id),
  }));
}

const holder = `
const env = open(args.path, { durability: 'nosync' });
const txn = env.read();
tell({ pid: process.pid, id: txn.id });
for await (const _ of process.stdin);
env.close();`;

function world() {
  const env = openTemporary({ maxReaders: 16 });
  const items = env.collection('items', { key: uint32, value: bytes });
  items.put(1, Buffer.of(1));
  return { env, items };
}

describe('env.readers()', () => {
  test('tells of the transactions of this process, and of the slots that it keeps', () => {
    const { env, items } = world();
    expect(env.readers().every(({ transaction }) => transaction === undefined)).toBe(true);
    const txn = env.read();
    items.put(2, Buffer.of(2));
    const newer = env.read();
    const reading = env.readers().filter(({ transaction }) => transaction !== undefined);
    expect(reading.map(({ pid, transaction }) => [pid, transaction])).toEqual([
      [process.pid, txn.id],
      [process.pid, newer.id],
    ]);
    expect(env.readers()).toEqual(slots(env.path));
    txn.end();
    newer.end();
  });

  test('tells of those of another process, until that ends', async () => {
    const { env, items } = world();
    const child = new WaitingChild(holder, { path: env.path });
    const { pid, id } = (await child.next()) as { pid: number; id: number };
    items.put(1, Buffer.of(2));
    expect(env.readers()).toContainEqual({ pid, thread: expect.stringMatching(/^[0-9a-f]+$/), transaction: id });
    expect(env.readers()).toEqual(slots(env.path));
    expect(env.checkReaders()).toBe(0);
    await child.end();
    expect(env.readers().some((reader) => reader.pid === pid)).toBe(false);
  });
});

describe('env.checkReaders()', () => {
  test('frees the slots of processes that were killed, and no others', async () => {
    const { env, items } = world();
    const children = [1, 2, 3].map(() => new WaitingChild(holder, { path: env.path }));
    const pids = await Promise.all(children.map(async (child) => ((await child.next()) as { pid: number }).pid));
    const txn = env.read();
    await children[0]?.kill();
    await children[2]?.kill();
    // They are there until somebody looks.
    const stale = env.readers().filter(({ pid }) => pids.includes(pid));
    expect(new Set(stale.map(({ pid }) => pid))).toEqual(new Set(pids));
    expect(env.readers()).toEqual(slots(env.path));
    const freed = stale.filter(({ pid }) => pid !== pids[1]).length;
    expect([env.checkReaders(), env.checkReaders()]).toEqual([freed, 0]);
    expect(new Set(env.readers().map(({ pid }) => pid))).toEqual(new Set([process.pid, pids[1]]));
    expect(env.readers()).toEqual(slots(env.path));
    expect(items.get(1, txn)?.byteAt(0)).toBe(1);
    txn.end();
    await children[1]?.end();
  });

  test('lets the pages that a dead process was reading be used again', async () => {
    const { env, items } = world();
    const rewrite = (): void => items.put(1, Buffer.alloc(100_000));
    for (let i = 0; i < 10; i++) rewrite();
    const child = new WaitingChild(holder, { path: env.path });
    await child.next();
    await child.kill();
    for (let i = 0; i < 10; i++) rewrite();
    const before = env.info().lastPage;
    for (let i = 0; i < 10; i++) rewrite();
    expect(env.info().lastPage).toBeGreaterThan(before);
    expect(env.checkReaders()).toBeGreaterThan(0);
    rewrite();
    const after = env.info().lastPage;
    for (let i = 0; i < 30; i++) rewrite();
    expect(env.info().lastPage).toBe(after);
  });
});

test('a lack of slots says how to see who has them', () => {
  const { env, items } = world();
  const txns: unknown[] = [];
  const error = thrown(() => {
    for (let i = 0; ; i++) {
      items.put(1, Buffer.of(i));
      txns.push(env.read());
    }
  });
  expect(error.code).toBe('MDB_READERS_FULL');
  expect(error.message).toMatch(/env\.readers\(\).*env\.checkReaders\(\)/);
  expect(env.readers()).toHaveLength(16);
  env.close();
  for (const call of [() => env.readers(), () => env.checkReaders()]) expect(codeOf(call)).toBe('ERR_ENV_CLOSED');
});
