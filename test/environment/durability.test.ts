import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Environment, open, uint32, utf8 } from '../../lib/index.ts';
import { recorderVariables } from '../power/recorder.ts';
import { type ChildResult, childProgram, WaitingChild } from '../support/child.ts';
import { codeOf, collectionOf, openAt, openTemporary, rejection, temporaryFolder, thrown } from '../support/fixture.ts';

const BOOTS = temporaryFolder();

/** Runs a program to its end on a machine that has started for the `boot`th time. */
function runAt(
  boot: number,
  source: string,
  args: object,
  variables: Record<string, string> = {},
  uid?: number,
): ChildResult {
  const file = join(BOOTS, String(boot));
  writeFileSync(file, `${boot}`.repeat(36), { mode: 0o644 });
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [childProgram(prelude + source), JSON.stringify(args)],
    {
      encoding: 'utf8',
      env: recorderVariables({ BOOT_ID_FILE: file, ...variables }),
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  );
  const told = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
  return { status, signal, stderr, told };
}

const prelude = `
const openItems = (options) => {
  const env = open(args.path, options);
  return { env, items: env.collection('items', { key: uint32, value: utf8 }) };
};
const never = 2 ** 31 - 1;
`;

const readAll = `
const { env, items } = openItems(args.options);
tell(items.range().keys().toArray());
env.close();
`;

/** Flushes what it puts under 1 and 2, and dies before it has flushed what it puts under 3. */
const dies = `
const { env, items } = openItems({ durability: 'periodic', syncInterval: never });
items.put(1, 'one');
items.put(2, 'two');
await env.flush();
items.put(3, 'three');
process.kill(process.pid, 'SIGKILL');
await new Promise(() => setInterval(() => {}, 1000));
`;

let ofTheDead: string | undefined;

/** A copy of the database that a killed process has left. */
function databaseOfTheDead(): string {
  if (ofTheDead === undefined) {
    ofTheDead = temporaryFolder();
    expect(runAt(1, dies, { path: ofTheDead }).signal).toBe('SIGKILL');
  }
  const path = temporaryFolder();
  cpSync(ofTheDead, path, { recursive: true });
  return path;
}

/** What a busy process commits in a round. Each commit replaces all that the commit before it has put. */
const ROUND = { commits: 20, size: 100_000 };

/** The oldest version that this process keeps. */
function oldestPinned(env: Environment): number {
  const own = env.readers().filter(({ pid, transaction }) => pid === process.pid && transaction !== undefined);
  return Math.min(...own.map(({ transaction }) => Number(transaction)));
}

describe.skipIf(process.platform !== 'linux')("durability: 'periodic'", () => {
  test('loses nothing when the process is killed', () => {
    const path = databaseOfTheDead();
    expect(runAt(1, readAll, { path }).told).toEqual([[1, 2, 3]]);
  });

  test('goes back to the last sync when the machine has started anew, whoever opens it first, and how', () => {
    for (const options of [{}, { readOnly: true }, { durability: 'nosync' }, { durability: 'periodic' }]) {
      const path = databaseOfTheDead();
      expect(runAt(2, readAll, { path, options }).told).toEqual([[1, 2]]);
      expect(runAt(2, readAll, { path }).told).toEqual([[1, 2]]);
    }
  });

  test('goes back once: what is committed afterwards stays', () => {
    const path = databaseOfTheDead();
    const puts = "const { env, items } = openItems({}); items.put(4, 'four'); env.close();";
    expect(runAt(2, puts, { path }).status).toBe(0);
    expect(runAt(3, readAll, { path }).told).toEqual([[1, 2, 4]]);
  });

  test('has everything synced once it is closed, or the process has ended by itself', () => {
    for (const end of ['env.close()', 'process.exit()', '']) {
      const path = temporaryFolder();
      const puts =
        "const { env, items } = openItems({ durability: 'periodic', syncInterval: never }); items.put(1, 'one');";
      expect(runAt(1, puts + end, { path }).status).toBe(0);
      expect(runAt(2, readAll, { path }).told).toEqual([[1]]);
    }
  });

  test('what a killed process had not synced is synced with the first commit of the next', () => {
    const path = databaseOfTheDead();
    const puts = "const { env, items } = openItems({}); items.put(4, 'four'); process.kill(process.pid, 'SIGKILL');";
    runAt(1, puts, { path });
    expect(runAt(2, readAll, { path }).told).toEqual([[1, 2, 3, 4]]);
  });

  test('a copy needs no file beside it', () => {
    const path = temporaryFolder();
    const target = join(temporaryFolder(), 'copy');
    const copies = `
      const { env, items } = openItems({ durability: 'periodic', syncInterval: never });
      items.put(1, 'one');
      await env.flush();
      items.put(2, 'two');
      await env.copy(args.target);
      process.kill(process.pid, 'SIGKILL');
    `;
    runAt(1, copies, { path, target });
    expect(runAt(2, readAll, { path: target }).told).toEqual([[1, 2]]);
    expect(runAt(2, readAll, { path }).told).toEqual([[1]]);
  });

  test('says so if data.mdb is not the one that was synced', () => {
    const path = databaseOfTheDead();
    const other = openTemporary();
    other.collection('others', { key: utf8, value: utf8 }).put('a', 'b');
    other.close();
    rmSync(join(path, 'data.mdb'));
    cpSync(join(other.path, 'data.mdb'), join(path, 'data.mdb'));
    const tells = 'try { open(args.path); } catch (error) { tell([error.code, error.message]); }';
    const [code, message] = runAt(2, tells, { path }).told[0] as [string, string];
    expect(code).toBe('MDB_CORRUPTED');
    expect(message).toContain('delete synced.mdb');
    // Without a reboot since the process died, nothing is put back.
    rmSync(join(path, 'lock.mdb'));
    expect(runAt(1, 'tell(open(args.path).collections())', { path }).told).toEqual([['others']]);
  });

  test.skipIf(process.getuid?.() !== 0)('says so if it cannot be put back because nothing may be written', () => {
    const path = databaseOfTheDead();
    spawnSync('chmod', ['-R', 'a+rX', path, BOOTS]);
    spawnSync('chmod', ['a+rw', join(path, 'lock.mdb')]);
    const tells = 'try { open(args.path, { readOnly: true }); } catch (error) { tell([error.code, error.message]); }';
    const [code, message] = runAt(2, tells, { path }, {}, 12_345).told[0] as [string, string];
    expect(code).toBe('EROFS');
    expect(message).toContain('open it once where its files may be written');
  });

  test('a sync that fails is told by flush(), the next write and close(), and the next open goes back to the last one', () => {
    const path = temporaryFolder();
    const failing = join(temporaryFolder(), 'failing');
    const fails = `
      const { writeFileSync, rmSync } = await import('node:fs');
      const codes = [];
      const take = (error) => codes.push(error.code);
      const { env, items } = openItems({ durability: 'periodic', syncInterval: never });
      items.put(1, 'one');
      await env.flush();
      items.put(2, 'two');
      writeFileSync(args.failing, '');
      await env.flush().catch(take);
      // Linux tells once of what it could not write, and forgets it: that a later sync succeeds means nothing.
      rmSync(args.failing);
      await env.flush().catch(take);
      try { items.put(3, 'three'); } catch (error) { take(error); }
      await env.batch([{ type: 'put', collection: items, key: 4, value: 'four' }]).catch(take);
      try { env.sync(); } catch (error) { take(error); }
      tell(items.range().keys().toArray());
      try { env.close(); } catch (error) { take(error); }
      tell(codes);
    `;
    const variables = { RECORD_FOLDER: path, FAIL_SYNC: failing };
    const { told, stderr } = runAt(1, fails, { path, failing }, variables);
    expect([told, stderr]).toEqual([
      [
        [1, 2],
        ['EIO', 'EIO', 'EIO', 'EIO', 'EIO', 'EIO'],
      ],
      '',
    ]);
    expect(runAt(1, readAll, { path }).told).toEqual([[1]]);
  });

  test('a process that is idle lets go of the pages that others have replaced, and syncs what a killed one left', async () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 }, { durability: 'periodic', syncInterval: 1 });
    items.put(1, 'idle from now on');
    await env.flush();
    const busy = new WaitingChild(
      prelude +
        `
      const { createInterface } = await import('node:readline');
      const { env, items } = openItems({ durability: 'periodic', syncInterval: never });
      for await (const line of createInterface(process.stdin)) {
        for (let n = 0; n < args.commits; n++) items.put(2, 'x'.repeat(args.size));
        if (line === 'flush') await env.flush();
        tell(env.info().lastTransaction);
      }
      `,
      { path: env.path, ...ROUND },
    );
    const commits = async (line: string) => {
      busy.send(line);
      return Number(await busy.next());
    };
    // LMDB can use the pages of a round again in the next one only after this idle process has released them.
    for (let round = 0; round < 2; round++) {
      const last = await commits('flush');
      while (oldestPinned(env) < last) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const last = await commits('do not flush');
    await busy.kill();
    expect(statSync(join(env.path, 'data.mdb')).size).toBeLessThan(2 * ROUND.commits * ROUND.size);
    // Now only this process is left, and it is idle: the record catches up with the last commit.
    const recorded = () => {
      const file = readFileSync(join(env.path, 'synced.mdb'));
      return Math.max(
        ...[0, 4096].map((at) => (at + 512 <= file.length ? Number(file.readBigUInt64LE(at + 80 + 128)) : 0)),
      );
    };
    while (recorded() < last) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('flush()', () => {
  test('is fulfilled after the batches that were added before it', async () => {
    for (const durability of ['sync', 'periodic', 'nometasync', 'nosync'] as const) {
      const { env, items } = collectionOf({ key: uint32, value: utf8 }, { durability });
      const settled: string[] = [];
      const all = Array.from({ length: 5 }, (_, key) =>
        env.batch([{ type: 'put', collection: items, key, value: 'a' }]).then(() => settled.push('batch')),
      );
      const flushed = env.flush().then(() => settled.push('flush'));
      await Promise.all([...all, flushed]);
      expect(settled).toEqual(['batch', 'batch', 'batch', 'batch', 'batch', 'flush']);
    }
  });

  test('is fulfilled where nothing was committed, inside a write, and many times at once', async () => {
    const env = openTemporary({ durability: 'periodic' });
    await env.flush();
    await Promise.all(Array.from({ length: 50 }, () => env.flush()));
    await env.write(() => ({ flushed: env.flush() })).flushed;
  });

  test('is fulfilled if the environment is closed meanwhile', async () => {
    const { env, items } = collectionOf({ key: uint32, value: utf8 }, { durability: 'periodic' });
    items.put(1, 'one');
    void env.batch([{ type: 'put', collection: items, key: 2, value: 'two' }]);
    const flushed = env.flush();
    env.close();
    await flushed;
    expect(openAt(env.path).collection('items').count()).toBe(2);
  });

  test('is rejected where nothing can be written, and once it is closed', async () => {
    const env = openTemporary();
    env.close();
    expect((await rejection(env.flush())).code).toBe('ERR_ENV_CLOSED');
    const reader = open(env.path, { readOnly: true });
    expect((await rejection(reader.flush())).code).toBe('ERR_READ_ONLY');
    reader.close();
  });
});

describe('syncInterval', () => {
  test("belongs to 'periodic', and all handles of a process agree on it", () => {
    const path = temporaryFolder();
    expect(codeOf(() => open(path, { syncInterval: 10 }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => open(path, { durability: 'sync', syncInterval: 10 }))).toBe('ERR_INVALID_ARG_VALUE');
    expect(codeOf(() => open(path, { durability: 'periodic', syncInterval: 0 }))).toBe('ERR_OUT_OF_RANGE');
    openAt(path, { durability: 'periodic', syncInterval: 10 });
    openAt(path, { durability: 'periodic' });
    const error = thrown(() => open(path, { durability: 'periodic', syncInterval: 11 }));
    expect([error.code, error.message]).toEqual(['ERR_INVALID_ARG_VALUE', expect.stringContaining('syncInterval')]);
  });
});
