import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { bytes, type Collection, type Environment, type Reader, type Sink, uint32 } from '../../lib/index.ts';
import { compiledTools } from '../interop/tools.ts';
import { askChild, WaitingChild } from '../support/child.ts';
import { codeOf, openTemporary, rejection, thrown } from '../support/fixture.ts';

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
    // The slots of dead processes stay until checkReaders() is called.
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
});

describe('a process that died while it was reading', () => {
  const killed = async (path: string, count = 1): Promise<void> => {
    const children = Array.from({ length: count }, () => new WaitingChild(holder, { path }));
    await Promise.all(children.map((child) => child.next()));
    await Promise.all(children.map((child) => child.kill()));
  };
  const others = (readers: Reader[]): Reader[] => readers.filter(({ pid }) => pid !== process.pid);

  test('lets the file grow by a few versions only', async () => {
    const { env, items } = world();
    const rewrite = (times: number): void => {
      for (let i = 0; i < times; i++) items.put(1, Buffer.alloc(100_000));
    };
    rewrite(10);
    await killed(env.path);
    expect(others(env.readers())).toHaveLength(1);
    rewrite(40);
    expect(others(env.readers())).toEqual([]);
    const { lastPage } = env.info();
    rewrite(40);
    expect(env.info().lastPage).toBe(lastPage);
  });

  test('is forgotten when the database is opened', async () => {
    const { env } = world();
    await killed(env.path, 2);
    expect(others(env.readers())).toHaveLength(2);
    const opened = askChild('const env = open(args.path); tell(env.readers().length); env.close();', {
      path: env.path,
    });
    expect([opened, others(env.readers())]).toEqual([env.readers().length, []]);
  });

  test('does not fill the map: its pages are used before there is an error', async () => {
    const env = openTemporary({ mapSize: 2 ** 21 });
    const items = env.collection('items', { key: uint32, value: bytes });
    const rewrite = (): void => items.put(1, Buffer.alloc(600_000));
    rewrite();
    await killed(env.path);
    // Each takes a third of the map.
    for (let i = 0; i < 10; i++) rewrite();
    expect(others(env.readers())).toEqual([]);
  });
});

describe('MDB_MAP_FULL beside readers of older versions', () => {
  const fill = (
    env: Environment,
    items: Collection<number, Uint8Array | Sink, number, unknown>,
  ): (Error & { code: string })[] => {
    const put = (): void => items.put(1, Buffer.alloc(600_000));
    const write = (): void => env.write(put);
    return [put, write].map((fn) =>
      thrown(() => {
        for (let i = 0; i < 10; i++) fn();
      }),
    );
  };

  test('names those of another process, with how far they lag, and goes away with them', async () => {
    const env = openTemporary({ mapSize: 2 ** 21 });
    const items = env.collection('items', { key: uint32, value: bytes });
    items.put(1, Buffer.alloc(600_000));
    const child = new WaitingChild(holder, { path: env.path });
    const { pid, id } = (await child.next()) as { pid: number; id: number };
    const errors = fill(env, items);
    const batch = env.batch([{ type: 'put', collection: items, key: 1, value: Buffer.alloc(600_000) }]);
    const behind = env.info().lastTransaction - id;
    const thread = env.readers().find((reader) => reader.pid === pid)?.thread;
    for (const error of [...errors, await rejection(batch)]) {
      expect(error.code).toBe('MDB_MAP_FULL');
      expect(error.message).toContain('make it larger with `env.resize()`');
      expect(error.message).toContain(
        `process ${pid}, thread ${thread}, ${behind} version${behind === 1 ? '' : 's'} behind`,
      );
      expect(error.message).not.toContain('this one');
    }
    await child.end();
    for (let i = 0; i < 10; i++) items.put(1, Buffer.alloc(600_000));
  });

  test('names those of this process, the oldest first, and not all of many', () => {
    const env = openTemporary({ mapSize: 2 ** 21 });
    const items = env.collection('items', { key: uint32, value: bytes });
    const open = Array.from({ length: 7 }, (_, i) => {
      items.put(i, Buffer.of(i));
      return env.read();
    });
    items.put(1, Buffer.alloc(600_000));
    for (const { message } of fill(env, items)) {
      const lags = [...message.matchAll(/process (\d+) \(this one\), thread [0-9a-f]+, (\d+) versions? behind/g)];
      expect(lags.map(([, pid]) => Number(pid))).toEqual(Array(4).fill(process.pid));
      const behind = env.info().lastTransaction - (open[0]?.id as number);
      expect(lags.map(([, , lag]) => Number(lag))).toEqual([behind, behind - 1, behind - 2, behind - 3]);
      expect(message).toContain('and 3 more');
    }
    for (const txn of open) txn.end();
    items.put(1, Buffer.alloc(600_000));
  });

  test('says nothing of readers where none lags', () => {
    const env = openTemporary({ mapSize: 2 ** 21 });
    const items = env.collection('items', { key: uint32, value: bytes });
    items.put(1, Buffer.alloc(600_000));
    using _ = env.read();
    expect(thrown(() => items.put(2, Buffer.alloc(2_000_000))).message).not.toMatch(/process|versions/);
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
