import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { bytes, uint32 } from '../../lib/index.ts';
import { compiledTools } from '../interop/tools.ts';
import { askChild, childProgram, copyOfLibrary, runChild, WaitingChild } from '../support/child.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

const codecs = { key: uint32, value: bytes };

/** A database with one version of 400 entries. */
function stored() {
  const env = openTemporary({ maxReaders: 16 });
  const items = env.collection('items', codecs);
  env.write(() => {
    for (let i = 0; i < 400; i++) items.put(i, Buffer.alloc(300, 1));
  });
  return { env, items };
}

/** Writes over all of it, six times, and tells who reads meanwhile. */
const writer = `
  const env = open(args.path, { durability: 'nosync' });
  const items = env.collection('items');
  tell(env.readers().filter(({ transaction }) => transaction !== undefined).map(({ pid }) => pid));
  for (let round = 2; round < 8; round++) {
    env.write(() => { for (let i = 0; i < 400; i++) items.put(i, Buffer.alloc(300, round)); });
  }
  env.close();`;

describe('reading lock.mdb elsewhere in the process', () => {
  const touches: [string, (path: string) => void][] = [
    ['a checksum', (path) => void readFileSync(join(path, 'lock.mdb'))],
    ['a backup by hand', (path) => cpSync(path, join(temporaryFolder(), 'backup'), { recursive: true })],
  ];

  test.each(touches)('leaves a reader its version (%s)', async (_, touch) => {
    const { env, items } = stored();
    const txn = env.read();
    const held = items.range({}, txn).toArray();
    touch(env.path);
    expect(askChild(writer, { path: env.path })).toEqual([process.pid]);
    expect(held.every(({ value }) => value.equals(Buffer.alloc(300, 1)))).toBe(true);
    txn.end();
    await txn.drained;
    expect(items.get(7)?.byteAt(0)).toBe(7);
  });

  test.each(touches)('leaves a writer alone with its pages (%s)', async (_, touch) => {
    const { env, items } = stored();
    touch(env.path);
    items.put(1000, Buffer.alloc(4));
    const counting = `
      const env = open(args.path, { durability: 'nosync' });
      const items = env.collection('items');
      tell('open');
      for await (const _ of process.stdin) break;
      for (let i = 0; i < 500; i++) {
        env.write(() => items.put(1000, Buffer.of(...new Uint8Array(Uint32Array.of(items.get(1000).toBuffer().readUInt32LE() + 1).buffer))));
      }
      env.close();`;
    const child = new WaitingChild(counting, { path: env.path });
    await child.next();
    child.send('go');
    for (let i = 0; i < 500; i++) {
      env.write(() => {
        const count = Buffer.alloc(4);
        count.writeUInt32LE((items.get(1000)?.toBuffer().readUInt32LE() as number) + 1);
        items.put(1000, count);
      });
    }
    await child.end();
    expect(items.get(1000)?.toBuffer().readUInt32LE()).toBe(1000);
  });

  test('leaves the tools of stock LMDB the slots that they see', () => {
    const { env } = stored();
    const txn = env.read();
    readFileSync(join(env.path, 'lock.mdb'));
    // mdb_stat -rr frees the slots of dead processes. It must not take this process for dead.
    for (const option of ['-r', '-rr']) {
      const { stdout } = spawnSync(compiledTools().stat, [option, env.path], { encoding: 'utf8' });
      expect(stdout).toMatch(new RegExp(`^\\s*${process.pid} [0-9a-f]+ ${txn.id}$`, 'm'));
    }
    txn.end();
  });
});

test('a second copy of the library in the process is refused, and does the first no harm', () => {
  const { env } = stored();
  env.close();
  const source = `
    const other = await import(args.other);
    const env = open(args.path, { durability: 'nosync' });
    const items = env.collection('items');
    const txn = env.read();
    const held = items.range({}, txn).toArray();
    let refused;
    try { other.open(args.path); } catch (error) { refused = [error.code, error.message]; }
    tell(refused);
    const { execFileSync } = await import('node:child_process');
    execFileSync(process.execPath, [args.writer, JSON.stringify({ path: args.path })]);
    tell([env.readers().length > 0, held.every(({ value }) => value.equals(Buffer.alloc(300, 1)))]);
    txn.end();
    env.close();
    const second = other.open(args.path);
    tell([second.collection('items').count(), codeOf(() => open(args.path))]);
    second.close();
    open(args.path).close();`;
  const other = join(copyOfLibrary(), 'dist/index.js');
  const { status, stderr, told } = runChild(source, { path: env.path, other, writer: childProgram(writer) });
  expect([status, stderr]).toEqual([0, '']);
  expect(told).toEqual([
    ['ERR_BUSY', expect.stringContaining('another copy of the library')],
    [true, true],
    [400, 'ERR_BUSY'],
  ]);
});

const unshare = ['--pid', '--fork', '--kill-child', '--mount-proc'];
const isolates = spawnSync('unshare', [...unshare, 'true']).status === 0;

describe.skipIf(!isolates)('in containers that share a database, each of which runs process 1', () => {
  /** Starts a program as process 1, which tells what it sees, one a line, and ends when its input does. */
  function contained(source: string, path: string) {
    const child = spawn('unshare', [...unshare, process.execPath, childProgram(source), JSON.stringify({ path })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return {
      next: async (): Promise<unknown> => JSON.parse((await lines.next()).value as string) as unknown,
      // Process 1 lives a little longer than `unshare`. The output is closed once process 1 is gone.
      async kill() {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      },
      async end() {
        const closed = once(child, 'close');
        child.stdin.end();
        await closed;
      },
    };
  }

  const reading = `
    const env = open(args.path, { durability: 'nosync' });
    const readers = () => env.readers().filter(({ transaction }) => transaction !== undefined).map(({ pid }) => pid);
    const before = readers();
    const txn = env.read();
    tell([process.pid, before, readers(), env.collection('items').get(7, txn).byteAt(0)]);
    for await (const _ of process.stdin);
    txn.end();
    env.close();`;

  test('both read, and a writer sees both', async () => {
    const { env, items } = stored();
    const first = contained(reading, env.path);
    expect(await first.next()).toEqual([1, [], [1], 1]);
    const second = contained(reading, env.path);
    expect(await second.next()).toEqual([1, [1], [1, 1], 1]);
    expect(env.checkReaders()).toBe(0);
    await first.end();
    items.put(7, Buffer.of(2));
    const reads = (): number => env.readers().filter(({ transaction }) => transaction !== undefined).length;
    expect(reads()).toBe(1);
    await second.kill();
    expect([env.checkReaders(), reads()]).toEqual([1, 0]);
  });

  test('one that is started anew frees what it left when it was killed', async () => {
    const { env } = stored();
    const first = contained(reading, env.path);
    expect(await first.next()).toEqual([1, [], [1], 1]);
    await first.kill();
    const again = contained(reading, env.path);
    expect(await again.next()).toEqual([1, [], [1], 1]);
    await again.end();
  });
});

describe('processes that open and close one database all the time', () => {
  test('see no error', async () => {
    const path = temporaryFolder();
    const source = `
      const errors = [];
      for (let i = 0; i < 400; i++) {
        let env;
        try {
          env = open(args.path, { durability: 'nosync', mapSize: 2 ** 20, maxReaders: 8 });
          env.read(() => {});
          if (i % 10 === 0) env.main.put(Buffer.of(1), Buffer.of(1));
        } catch (error) {
          errors.push(error.message);
        } finally {
          env?.close();
        }
      }
      tell(errors);`;
    const children = Array.from({ length: 3 }, () => new WaitingChild(source, { path }));
    expect(await Promise.all(children.map((child) => child.next()))).toEqual([[], [], []]);
    await Promise.all(children.map((child) => child.end()));
  });

  /** Waits until somebody waits for a lock of the file. */
  function untilWaitedFor(file: string): void {
    const { ino } = statSync(file);
    const waits = new RegExp(`-> .*:${ino} `);
    for (let turn = 0; turn < 1e6; turn++) if (waits.test(readFileSync('/proc/locks', 'utf8'))) return;
    throw new Error('nobody waited');
  }

  test.skipIf(process.platform !== 'linux').each([
    ['before it had made the table of readers', (size: number) => Buffer.alloc(size)],
    [
      'before it had told the version',
      (size: number, table: Buffer) => Buffer.concat([table.subarray(0, 8), Buffer.alloc(size - 8)]),
    ],
  ])('outlive one that died %s', async (_, left) => {
    const { env } = stored();
    env.close();
    const file = join(env.path, 'lock.mdb');
    const table = readFileSync(file);
    // Lock the file as LMDB does while it makes the reader table.
    const opening = `
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.lockf(fd, fcntl.LOCK_EX, 1, 0)
print('locked', flush=True)
sys.stdin.read()`;
    const holder = spawn('python3', ['-c', opening, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    writeFileSync(file, left(table.length, table), { flag: 'r+' });
    const child = new WaitingChild(
      `const env = open(args.path); tell([env.collection('items').count(), env.read((txn) => txn.id)]); env.close();`,
      { path: env.path },
    );
    const answer = child.next();
    await new Promise((resolve) => setImmediate(resolve));
    // The child starts in its own time; the loop only looks.
    untilWaitedFor(file);
    holder.kill('SIGKILL');
    const last = (await answer) as [number, number];
    await child.end();
    expect(last[0]).toBe(400);
    expect(last[1]).toBeGreaterThan(0);
  });
});
