import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bytes, uint32 } from '../../lib/index.ts';
import { builtLibrary, runChild, WaitingChild } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';

const PAGE = 4096;
const mounted: string[] = [];

afterAll(() => {
  for (const folder of mounted) spawnSync('umount', ['-l', folder]);
});

/** Makes a file system of so many bytes and gives its folder, or undefined where this user cannot make one. */
function disk(size: number): string | undefined {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status !== 0) return undefined;
  mounted.push(folder);
  return folder;
}

const mounts = disk(2 ** 20) !== undefined;

/** Leaves so many pages free. */
function fill(folder: string, free: number): void {
  rmSync(join(folder, 'filler'), { force: true });
  const { bfree, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'filler'), Buffer.alloc((bfree - free) * bsize));
}

const FULL = 'ENOSPC';

describe.skipIf(!mounts)('on a full disk', () => {
  const world = (size = 2 ** 20): { folder: string; path: string } => {
    const folder = disk(size) as string;
    return { folder, path: join(folder, 'db') };
  };

  /** Opens, puts and closes in another process, because such a call once ended the process. */
  const opening = `
    for (const readOnly of [true, false]) {
      let code = 'opened';
      try {
        const env = open(args.path, { mapSize: 2 ** 20, readOnly });
        env.read(() => {});
        env.close();
      } catch (error) {
        code = error.code;
      }
      tell(code);
    }`;

  test('a database whose lock file is gone is not opened, and no signal ends the process', () => {
    const { folder, path } = world();
    openAt(path, { mapSize: 2 ** 20 }).close();
    rmSync(join(path, 'lock.mdb'));
    fill(folder, 0);
    const { signal, told } = runChild(opening, { path });
    expect([signal, told]).toEqual([null, [FULL, FULL]]);
    rmSync(join(folder, 'filler'));
    expect(runChild(opening, { path }).told).toEqual(['opened', 'opened']);
  });

  test('the lock file of another LMDB, which has no space on the disk yet, is refused as well', () => {
    const { folder, path } = world();
    openAt(path, { mapSize: 2 ** 20 }).close();
    const lock = join(path, 'lock.mdb');
    const { size } = statSync(lock);
    truncateSync(lock, 0);
    truncateSync(lock, size);
    fill(folder, 0);
    const { signal, told } = runChild(opening, { path });
    expect([signal, told]).toEqual([null, [FULL, FULL]]);
  });

  test('every reader slot of an open database can be taken', () => {
    const { folder, path } = world();
    // Each handle has a slot of its own.
    const source = `
      const { statfsSync, writeFileSync } = await import('node:fs');
      const handles = Array.from({ length: 100 }, () => open(args.path, { mapSize: 2 ** 20 }));
      const { bfree, bsize } = statfsSync(args.folder);
      writeFileSync(args.folder + '/filler', Buffer.alloc(bfree * bsize));
      const txns = handles.map((env) => env.read());
      tell(handles[0].readers().length);
      for (const txn of txns) txn.end();
      for (const env of handles) env.close();`;
    const { signal, told } = runChild(source, { path, folder });
    expect([signal, told]).toEqual([null, [100]]);
  });

  test('a new database is made whole or not at all, whatever there is room for', async () => {
    const { folder, path } = world();
    const other = new WaitingChild(
      `const { createInterface } = await import('node:readline');
       for await (const _ of createInterface(process.stdin)) {
         tell(codeOf(() => {
           const env = open(args.path, { mapSize: 2 ** 20 });
           env.collection('a', { key: uint32, value: bytes }).put(1, Buffer.of(1));
           env.close();
         }));
       }`,
      { path },
    );
    for (const free of [0, 1, 2, 3, 4, 8, 18, 19, 20, 21, 22]) {
      fill(folder, free);
      other.send('make it');
      expect([free, [FULL, 'none']]).toEqual([free, expect.arrayContaining([await other.next()])]);
      const file = join(path, 'data.mdb');
      if (existsSync(file)) expect(statSync(file).size).toBeGreaterThanOrEqual(2 * PAGE);
      rmSync(join(folder, 'filler'));
      const env = openAt(path, { mapSize: 2 ** 20 });
      env.collection('a', { key: uint32, value: bytes }).put(1, Buffer.of(1));
      env.close();
      rmSync(path, { recursive: true });
    }
    await other.end();
  });

  test('a commit says ENOSPC and changes nothing, and goes on when there is room', () => {
    const { folder, path } = world(2 ** 22);
    const env = openAt(path, { mapSize: 2 ** 24, durability: 'sync' });
    const items = env.collection('items', { key: uint32, value: bytes });
    for (let i = 0; i < 20; i++) items.put(i, Buffer.alloc(9000, 1));
    fill(folder, 10);
    const rewrite = (round: number): void =>
      env.write(() => {
        for (let i = 0; i < 20; i++) items.put(i, Buffer.alloc(9001, round));
      });
    expect(rewrite.bind(undefined, 2)).toThrow(expect.objectContaining({ code: FULL }));
    expect(
      items
        .range()
        .toArray()
        .every(({ value }) => value.equals(Buffer.alloc(9000, 1))),
    ).toBe(true);
    rmSync(join(folder, 'filler'));
    rewrite(3);
    expect(
      items
        .range()
        .toArray()
        .every(({ value }) => value.equals(Buffer.alloc(9001, 3))),
    ).toBe(true);
    env.close();
  });
});

test('a new database that does not fit leaves none behind', () => {
  const path = join(temporaryFolder(), 'db');
  const source = join(temporaryFolder(), 'main.mjs');
  writeFileSync(
    source,
    `import { open } from ${JSON.stringify(join(builtLibrary(), 'dist/index.js'))};
     try { open(process.argv[2]); } catch (error) { console.log(error.code); }`,
  );
  // The shell limits the size of files to 4 KiB, half of what a new database has.
  const limited = ['-c', 'ulimit -f 4; exec "$@"', 'bash', process.execPath, source, path];
  expect(execFileSync('bash', limited, { encoding: 'utf8' }).trim()).toBe('EFBIG');
  expect(existsSync(join(path, 'data.mdb'))).toBe(false);
  expect(openAt(path).collections()).toEqual([]);
});

test.skipIf(process.platform !== 'linux')('programs that are started inherit no descriptor of a database', () => {
  const env = openAt(temporaryFolder());
  env.collection('items', { key: uint32, value: bytes }).put(1, Buffer.of(1));
  const told = execFileSync('sh', ['-c', 'ls -l /proc/self/fd /proc/$$/fd'], { encoding: 'utf8' });
  expect(told).toMatch(/-> /);
  expect(told).not.toContain(env.path);
});

const traces = spawnSync('strace', ['-V']).status === 0;

test.skipIf(!traces)(
  'a new database is on the disk before it has its name, and its directories are flushed after',
  () => {
    const parent = temporaryFolder();
    const path = join(parent, 'one/two');
    const log = join(parent, 'log');
    const source = join(parent, 'main.mjs');
    writeFileSync(
      source,
      `import { open } from ${JSON.stringify(join(builtLibrary(), 'dist/index.js'))}; open(process.argv[2]).close();`,
    );
    const calls = 'trace=fsync,fdatasync,linkat,rename';
    execFileSync('strace', ['-f', '-y', '-e', calls, '-o', log, process.execPath, source, path]);
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(parent))
      .map((line) => line.replace(/^\d+ +/, ''));
    const flushed = (name: string): number =>
      lines.findIndex((line) => /^f(?:data)?sync\(\d+</.test(line) && line.includes(`<${name}>`));
    const named = lines.findIndex((line) => /^(linkat|rename)\(/.test(line) && line.includes(`"${path}/data.mdb"`));
    expect(named).toBeGreaterThan(0);
    expect(lines.findIndex((line) => /^f(?:data)?sync\(\d+<.*\/one\/two\/./.test(line))).toBeLessThan(named);
    expect(flushed(path)).toBeGreaterThan(named);
    for (const directory of [parent, join(parent, 'one')]) expect(flushed(directory)).toBeGreaterThanOrEqual(0);
  },
);
