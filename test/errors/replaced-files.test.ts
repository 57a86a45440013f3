import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Environment, open, uint32, utf8 } from '../../lib/index.ts';
import { askChild, WaitingChild } from '../support/child.ts';
import { codeOf, openAt, rejection, temporaryFolder, thrown, until } from '../support/fixture.ts';

const codecs = { key: uint32, value: utf8 };

/** A database with as many commits as it has entries. */
function stored(entries: number, text: string): string {
  const env = openAt(temporaryFolder());
  const items = env.collection('items', codecs);
  for (let i = 0; i < entries; i++) items.put(i, text);
  env.close();
  return env.path;
}

/** Puts each key that its input names, one a line, and tells the outcome. */
const writer = `
const { createInterface } = await import('node:readline');
const env = open(args.path);
const items = env.collection('items', { key: uint32, value: utf8 });
tell('open');
for await (const line of createInterface(process.stdin)) tell([codeOf(() => items.put(Number(line), 'other process')), items.count()]);
env.close();`;

describe('another process has the database open', () => {
  async function world(entries: number): Promise<{ path: string; other: WaitingChild }> {
    const path = stored(entries, 'old');
    const other = new WaitingChild(writer, { path });
    await other.next();
    other.send('100');
    expect(await other.next()).toEqual(['none', entries + 1]);
    return { path, other };
  }

  // LMDB's two meta pages are written alternately, so test an even and an odd number of commits.
  test.each([20, 21])('and data.mdb is replaced by a backup, behind %d commits', async (commits) => {
    const { path, other } = await world(commits);
    renameSync(join(stored(5, 'backup'), 'data.mdb'), join(path, 'data.mdb'));
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = thrown(() => open(path));
      expect([error.code, error.path]).toEqual(['ERR_BUSY', path]);
      expect(error.message).toMatch(/data\.mdb has been replaced.*close it there first/);
    }
    expect(codeOf(() => open(path, { readOnly: true }))).toBe('ERR_BUSY');
    // The other process is not harmed, and is told that it writes to a file that nobody will find.
    other.send('101');
    expect(await other.next()).toEqual(['ENOENT', commits + 1]);
    await other.end();
    const items = openAt(path).collection('items', codecs);
    expect(
      items
        .range()
        .toArray()
        .map(({ value }) => `${value}`),
    ).toEqual(Array(5).fill('backup'));
    items.put(5, 'new');
    expect(items.count()).toBe(6);
  });

  test('and lock.mdb is deleted: there are not two writers', async () => {
    const { path, other } = await world(9);
    rmSync(join(path, 'lock.mdb'));
    const error = thrown(() => open(path));
    expect(error.code).toBe('ERR_BUSY');
    expect(error.message).toMatch(/lock\.mdb has been deleted or replaced.*close it there first/);
    other.send('101');
    expect(await other.next()).toEqual(['ENOENT', 10]);
    await other.end();
    expect(openAt(path).collection('items').count()).toBe(10);
  });

  test('and data.mdb is deleted: the new one is not taken for the old', async () => {
    const { path, other } = await world(9);
    rmSync(join(path, 'data.mdb'));
    expect(codeOf(() => open(path))).toBe('ERR_BUSY');
    other.send('101');
    expect(await other.next()).toEqual(['ENOENT', 10]);
    await other.end();
    expect(openAt(path).collections()).toEqual([]);
  });
});

describe('this process has the database open', () => {
  function world(): { env: Environment; path: string } {
    const path = stored(9, 'old');
    return { env: openAt(path, { durability: 'sync' }), path };
  }

  /** Expects that another process still sees the open handle: its read transactions, and its write lock. */
  function expectUnharmed(env: Environment): void {
    const items = env.collection('items', codecs);
    using txn = env.read();
    expect(env.readers().some(({ transaction }) => transaction === txn.id)).toBe(true);
    expect(
      items
        .range({}, txn)
        .toArray()
        .map(({ value }) => `${value}`),
    ).toEqual(Array(9).fill('old'));
  }

  const replaced: Record<string, (path: string) => void> = {
    'by something else': (path) => {
      renameSync(join(path, 'data.mdb'), join(path, 'data.old'));
      writeFileSync(join(path, 'data.mdb'), 'junk'.repeat(5000));
    },
    'by a database': (path) => renameSync(join(stored(5, 'backup'), 'data.mdb'), join(path, 'data.mdb')),
    'by nothing': (path) => rmSync(join(path, 'data.mdb')),
    'by a directory with the same lock.mdb': (path) => {
      rmSync(join(path, 'data.mdb'));
      mkdirSync(join(path, 'data.mdb'));
    },
  };

  test.each(Object.entries(replaced))(
    'and data.mdb is replaced %s: a second open is refused, and does no harm',
    (_, replace) => {
      const { env, path } = world();
      expectUnharmed(env);
      replace(path);
      for (const options of [{}, { readOnly: true }]) {
        const error = thrown(() => open(path, options));
        expect(['ERR_BUSY', 'MDB_INVALID']).toContain(error.code);
        if (error.code === 'ERR_BUSY')
          expect(error.message).toMatch(/this process has the database open as .*close it first/);
        expectUnharmed(env);
      }
      // An attempt of another process does no harm either.
      expect(askChild('tell(codeOf(() => open(args.path)))', { path })).not.toBe('none');
      expectUnharmed(env);
    },
  );

  test('and compacts it in place: the copy is opened once the handle is closed', async () => {
    const { env, path } = world();
    const compact = join(temporaryFolder(), 'compact');
    await env.copy(compact, { compact: true });
    renameSync(join(compact, 'data.mdb'), join(path, 'data.mdb'));
    expect(codeOf(() => open(path))).toBe('ERR_BUSY');
    env.close();
    const items = openAt(path).collection('items', codecs);
    items.put(9, 'new');
    expect([items.count(), items.get(0)]).toEqual([10, 'old']);
  });

  const gone: Record<string, (path: string) => void> = {
    'data.mdb': (path) => rmSync(join(path, 'data.mdb')),
    'data.mdb, which has another hard link,': (path) => {
      linkSync(join(path, 'data.mdb'), join(temporaryFolder(), 'linked'));
      rmSync(join(path, 'data.mdb'));
    },
    'data.mdb (moved aside, and another put in its place)': (path) => {
      renameSync(join(path, 'data.mdb'), join(path, 'data.old'));
      copyFileSync(join(stored(5, 'backup'), 'data.mdb'), join(path, 'data.mdb'));
    },
    'lock.mdb': (path) => rmSync(join(path, 'lock.mdb')),
    'its directory': (path) => rmSync(path, { recursive: true }),
  };

  test.each(Object.entries(gone))('and %s is deleted: no commit succeeds, whatever makes it', async (_, remove) => {
    const { env, path } = world();
    const items = env.collection('items', codecs);
    remove(path);
    const error = thrown(() => items.put(1, 'lost'));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toMatch(/was deleted or replaced while the database was open.*open it again/);
    expect(codeOf(() => env.write(() => items.put(1, 'lost')))).toBe('ENOENT');
    const batch = env.batch([{ type: 'put', collection: items, key: 1, value: 'lost' }]);
    expect((await rejection(batch)).code).toBe('ENOENT');
    expect([items.get(1), items.count()]).toEqual(['old', 9]);
  });

  test('and is deleted while commits do not wait for the disk: they fail soon', async () => {
    const env = openAt(stored(9, 'old'));
    const items = env.collection('items', codecs);
    rmSync(join(env.path, 'data.mdb'));
    await until(() => {
      try {
        items.put(1, 'lost');
        return false;
      } catch (error) {
        return (error as { code?: string }).code === 'ENOENT';
      }
    }, 'a commit that fails');
  });

  test('and its directory is moved: it goes on', () => {
    const { env, path } = world();
    const items = env.collection('items', codecs);
    const moved = join(temporaryFolder(), 'moved');
    renameSync(path, moved);
    items.put(9, 'new');
    expect(openAt(moved, { durability: 'sync' }).collection('items').count()).toBe(10);
  });

  test('under another name of the file: the second open shares it', () => {
    const { env, path } = world();
    const other = temporaryFolder();
    linkSync(join(path, 'data.mdb'), join(other, 'data.mdb'));
    openAt(other, { durability: 'sync' }).collection('items', codecs).put(9, 'new');
    expect(env.collection('items').count()).toBe(10);
  });
});

describe('data.mdb does not go with the numbers in lock.mdb', () => {
  function bytesOf(number: number): Buffer {
    const text = Buffer.alloc(8);
    text.writeBigUInt64LE(BigInt(number));
    return text;
  }

  /**
   * Makes lock.mdb name another last commit, as on a file system that shows this process an old data.mdb. Gives a
   * function that puts the right number back.
   */
  function misnumber(env: Environment, by: number): () => void {
    const file = join(env.path, 'lock.mdb');
    const last = env.info().lastTransaction;
    const at = readFileSync(file).indexOf(bytesOf(last));
    expect(at).toBeGreaterThan(0);
    const write = (number: number): void => {
      const fd = openSync(file, 'r+');
      writeSync(fd, bytesOf(number), 0, 8, at);
      closeSync(fd);
    };
    write(last + by);
    return () => write(last);
  }

  test.each([-7, -2, 1, 2, 7])('by %d commits: reads and writes are MDB_CORRUPTED, and nothing is lost', async (by) => {
    const env = openAt(stored(300, 'old'));
    const items = env.collection('items', codecs);
    const restore = misnumber(env, by);
    const calls: Record<string, () => unknown> = {
      read: () => env.read(() => items.count()),
      'one read': () => items.get(1),
      put: () => items.put(1, 'lost'),
      write: () => env.write(() => items.put(1, 'lost')),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = thrown(call);
      expect([name, error.code, error.path]).toEqual([name, 'MDB_CORRUPTED', env.path]);
      expect(error.message).toMatch(/do not belong together.*open it again/);
    }
    const batch = env.batch([{ type: 'put', collection: items, key: 1, value: 'lost' }]);
    expect((await rejection(batch)).code).toBe('MDB_CORRUPTED');
    restore();
    expect([items.get(1), items.count()]).toEqual(['old', 300]);
    items.put(1, 'new');
    expect(items.get(1)).toBe('new');
  });

  test('by the one commit of a writer that died between writing the two: reads go on, and so does the next writer', () => {
    const env = openAt(stored(300, 'old'));
    const items = env.collection('items', codecs);
    const restore = misnumber(env, -1);
    expect([items.get(1), env.read(() => items.count())]).toEqual(['old', 299]);
    restore();
    expect(items.count()).toBe(300);
  });
});

test('a reader never fails beside a process that commits', async () => {
  const path = stored(10, 'old');
  const child = new WaitingChild(
    `const env = open(args.path, { durability: 'nosync' });
     const items = env.collection('items');
     tell('open');
     for (let i = 0; i < 20_000; i++) items.put(i % 10, String(i));
     tell('done');`,
    { path },
  );
  const env = openAt(path, { readOnly: true });
  const items = env.collection('items', codecs);
  await child.next();
  let done = false;
  const ended = child.next().then(() => (done = true));
  for (let reads = 0; !done; reads++) {
    expect(items.count()).toBe(10);
    if (reads % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await child.end();
  expect(items.get(9)).toBe('19999');
});

test('a copy of the files beside an open database is a database of its own', () => {
  const env = openAt(stored(9, 'old'));
  const copy = temporaryFolder();
  for (const name of ['data.mdb', 'lock.mdb']) copyFileSync(join(env.path, name), join(copy, name));
  const items = openAt(copy).collection('items', codecs);
  items.put(9, 'new');
  expect([items.count(), env.collection('items').count()]).toEqual([10, 9]);
});
