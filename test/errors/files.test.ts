import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bytes, type OpenOptions, open, uint32, utf8 } from '../../lib/index.ts';
import { askChild, builtLibrary, runChild } from '../support/child.ts';
import { codeOf, openAt, temporaryFolder, thrown } from '../support/fixture.ts';

const PAGE = 4096;
const NOBODY = 65_534;

/** The folder of a database with entries on many pages. */
function stored(): string {
  const env = openAt(temporaryFolder());
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => {
    for (let i = 0; i < 2000; i++) items.append(i, Buffer.alloc(100, i));
    items.put(9999, Buffer.alloc(50_000, 'large'));
  });
  env.close();
  return env.path;
}

/** `folder` with a data.mdb whose meta pages (0 and 1) have been changed; places count from the beginning of a page. */
function withMetas(folder: string, pages: number[], change: (file: Buffer, page: number) => void): string {
  const file = readFileSync(join(stored(), 'data.mdb'));
  for (const page of pages) change(file, page * PAGE);
  writeFileSync(join(folder, 'data.mdb'), file);
  return folder;
}

test.each([
  ['lock.mdb', {}],
  ['synced.mdb', { durability: 'periodic' }],
] as [string, OpenOptions][])('a %s that is a link to data.mdb is refused, and nothing is lost', (name, options) => {
  for (const link of [linkSync, symlinkSync]) {
    const folder = stored();
    const before = readFileSync(join(folder, 'data.mdb'));
    rmSync(join(folder, name), { force: true });
    link(join(folder, 'data.mdb'), join(folder, name));
    expect(codeOf(() => open(folder, options))).toBe('MDB_INVALID');
    expect(readFileSync(join(folder, 'data.mdb')).equals(before)).toBe(true);
  }
});

describe('what is no database', () => {
  const made: Record<string, (folder: string) => string> = {
    'data.mdb with a text in it': (folder) => {
      writeFileSync(join(folder, 'data.mdb'), 'this is not a database at all\n'.repeat(1000));
      return folder;
    },
    'data.mdb with zeros in it': (folder) => {
      writeFileSync(join(folder, 'data.mdb'), Buffer.alloc(4 * PAGE));
      return folder;
    },
    'data.mdb of one byte': (folder) => {
      writeFileSync(join(folder, 'data.mdb'), 'x');
      return folder;
    },
    'data.mdb that is a directory': (folder) => {
      mkdirSync(join(folder, 'data.mdb'));
      return folder;
    },
    'data.mdb of another version': (folder) =>
      withMetas(folder, [0, 1], (file, page) => file.writeUInt32LE(999, page + 20)),
    'data.mdb with pages of no bytes': (folder) =>
      withMetas(folder, [0, 1], (file, page) => file.writeUInt32LE(0, page + 40)),
    'data.mdb with pages of two sizes': (folder) =>
      withMetas(folder, [1], (file, page) => file.writeUInt32LE(2 * PAGE, page + 40)),
    'data.mdb with several values a key in its list of free pages': (folder) =>
      withMetas(folder, [0, 1], (file, page) => file.writeUInt16LE(0x0c, page + 44)),
    'data.mdb with more pages than there can be': (folder) =>
      withMetas(folder, [0, 1], (file, page) => file.writeBigUInt64LE(2n ** 52n, page + 136)),
    'a path to a file': (folder) => {
      writeFileSync(join(folder, 'file'), 'x');
      return join(folder, 'file');
    },
    'a path through a file': (folder) => {
      writeFileSync(join(folder, 'file'), 'x');
      return join(folder, 'file/below');
    },
    'a path to data.mdb itself': () => join(stored(), 'data.mdb'),
    'an empty path': () => '',
    'a path with a NUL': (folder) => `${folder}\0x`,
    'a path with a lone surrogate': (folder) => `${folder}/\ud800`,
    'a path that is too long': (folder) => join(folder, 'n'.repeat(300)),
    'a link to itself': (folder) => {
      symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
      return join(folder, 'loop');
    },
  };

  test.each<[string, string, string]>([
    ['data.mdb with a text in it', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb with zeros in it', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb of one byte', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb that is a directory', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb of another version', 'MDB_VERSION_MISMATCH', 'MDB_VERSION_MISMATCH'],
    ['data.mdb with pages of no bytes', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb with pages of two sizes', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb with several values a key in its list of free pages', 'MDB_INVALID', 'MDB_INVALID'],
    ['data.mdb with more pages than there can be', 'MDB_INVALID', 'MDB_INVALID'],
    ['a path to a file', 'ENOTDIR', 'ENOTDIR'],
    ['a path through a file', 'ENOTDIR', 'ENOTDIR'],
    ['a path to data.mdb itself', 'ENOTDIR', 'ENOTDIR'],
    ['an empty path', 'ERR_INVALID_ARG_VALUE', 'ERR_INVALID_ARG_VALUE'],
    ['a path with a NUL', 'ERR_INVALID_ARG_VALUE', 'ERR_INVALID_ARG_VALUE'],
    ['a path with a lone surrogate', 'ERR_INVALID_ARG_VALUE', 'ERR_INVALID_ARG_VALUE'],
    ['a path that is too long', 'ENAMETOOLONG', 'ENAMETOOLONG'],
    ['a link to itself', 'ELOOP', 'ELOOP'],
  ])('%s is %s', (name, code, readOnlyCode) => {
    const path = (made[name] as (folder: string) => string)(temporaryFolder());
    for (const [options, expected] of [
      [{}, code],
      [{ readOnly: true }, readOnlyCode],
    ] as [OpenOptions, string][]) {
      const error = thrown(() => open(path, options));
      expect([options, error.code]).toEqual([options, expected]);
      expect(error.name).toBe('LeaseholdError');
      if (!code.startsWith('ERR_')) {
        expect(error.path).toBe(path);
        expect(error.message).toContain(path);
      }
    }
    // A failure leaves nothing behind that would keep another database from being opened.
    const env = openAt(join(temporaryFolder(), 'next'));
    env.collection('a', { key: utf8, value: utf8 }).put('a', '1');
  });
});

describe('a file that was cut', () => {
  const folder = stored();
  const { size } = statSync(join(folder, 'data.mdb'));
  const pages = size / PAGE;
  const cuts = [
    0,
    1,
    100,
    PAGE - 1,
    PAGE,
    PAGE + 1,
    2 * PAGE - 1,
    2 * PAGE,
    3 * PAGE,
    Math.floor(pages / 3) * PAGE,
    Math.floor(pages / 2) * PAGE + 77,
    size - 13 * PAGE,
    size - 2 * PAGE,
    size - PAGE,
    size - 1,
    size,
  ];

  /** Runs in another process, because LMDB reads beyond the end of such a file, which ends the process. */
  const program = `
    for (const cut of args.cuts) {
      for (const readOnly of [false, true]) {
        let code = 'opened';
        let entries = -1;
        let right = true;
        try {
          const env = open(args.path + '/' + cut + readOnly, { readOnly });
          const items = env.collection('items', { create: false });
          entries = 0;
          for (const { key, value } of items.range()) { entries++; if (key < 2000 && value.byteAt(99) !== (key & 255)) right = false; }
          for (let i = 0; i < 2000; i += 50) if (items.get(i)?.byteLength !== 100) right = false;
          if (items.get(9999)?.byteLength !== 50000) right = false;
          env.close();
        } catch (error) {
          code = error.code ?? String(error);
        }
        tell({ cut, readOnly, code, entries, right });
      }
    }`;

  test('is refused, or reads as it was, and ends no process', () => {
    const copies = temporaryFolder();
    for (const cut of cuts) {
      for (const readOnly of [false, true]) {
        const copy = join(copies, `${cut}${readOnly}`);
        mkdirSync(copy);
        copyFileSync(join(folder, 'data.mdb'), join(copy, 'data.mdb'));
        truncateSync(join(copy, 'data.mdb'), cut);
      }
    }
    const { status, signal, stderr, told } = runChild(program, { path: copies, cuts });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    expect(told).toHaveLength(2 * cuts.length);
    for (const outcome of told as { cut: number; readOnly: boolean; code: string; entries: number; right: boolean }[]) {
      const { cut, code, entries, right } = outcome;
      if (cut === size) expect(outcome).toMatchObject({ code: 'opened', entries: 2001, right: true });
      else if (cut === 0) expect(['ERR_NO_COLLECTION', 'ENOENT', 'MDB_INVALID']).toContain(code);
      else if (code === 'opened') expect({ cut, entries, right }).toEqual({ cut, entries: 2001, right: true });
      else if (cut < 2 * PAGE) expect(['MDB_INVALID', 'MDB_CORRUPTED']).toContain(code);
      else expect({ cut, code }).toEqual({ cut, code: 'MDB_CORRUPTED' });
    }
  });

  test('says so, and what to do', () => {
    const copy = join(temporaryFolder(), 'cut');
    mkdirSync(copy);
    copyFileSync(join(folder, 'data.mdb'), join(copy, 'data.mdb'));
    truncateSync(join(copy, 'data.mdb'), 5 * PAGE);
    const error = thrown(() => open(copy));
    expect([error.code, error.path]).toEqual(['MDB_CORRUPTED', copy]);
    expect(error.message).toContain('truncated');
    // Once the file has been restored, the same process opens it.
    copyFileSync(join(folder, 'data.mdb'), join(copy, 'data.mdb'));
    expect(openAt(copy).collection('items').count()).toBe(2001);
  });
});

test('a value that claims to be longer than the file is MDB_CORRUPTED, however it is read', () => {
  const folder = stored();
  const file = join(folder, 'data.mdb');
  const data = readFileSync(file);
  // The node of the large value: its length, the flag for a value on pages of its own, the key's length and the key.
  const node = data.indexOf(Buffer.from([0x50, 0xc3, 0, 0, 1, 0, 4, 0, 0, 0, 0x27, 0x0f]));
  data.writeUInt32LE(0x3000_0000, node);
  writeFileSync(file, data);
  const env = openAt(folder);
  const items = env.collection('items', { key: uint32, value: bytes });
  const range = (): void => items.range().forEach(({ value }) => void value.hash());
  const reads: Record<string, () => unknown> = {
    get: () => items.get(9999),
    getMany: () => items.getMany([1, 9999]),
    getBuffer: () => items.getBuffer(9999),
    range,
    reverse: () => items.range({ reverse: true }).toArray(),
    scan: () => items.scan({}, ({ value }) => void value.hash()),
    'scan from it on': () => items.scan({ gte: 9999 }, () => {}),
  };
  for (const [name, read] of Object.entries(reads)) {
    expect([name, codeOf(() => env.read(read))]).toEqual([name, 'MDB_CORRUPTED']);
    expect([name, codeOf(() => env.write(read))]).toEqual([name, 'MDB_CORRUPTED']);
  }
  expect(codeOf(() => items.get(9999))).toBe('MDB_CORRUPTED');
  expect(thrown(range).message).toContain("range() of 'items'");
  expect(items.get(1999)?.byteLength).toBe(100);
  expect(items.range().keys().count()).toBe(2001);
});

/** Root passes every permission check, so these run as somebody else. */
describe.skipIf(process.getuid?.() !== 0)('without permission', () => {
  beforeAll(() => void builtLibrary());

  interface Case {
    prepare(folder: string): string;
    options?: OpenOptions;
    code: string;
  }
  const cases: Record<string, Case> = {
    'a folder that others may not enter': { prepare: (folder) => folder, code: 'EACCES' },
    'a folder that others may not enter, read-only': {
      prepare: (folder) => folder,
      options: { readOnly: true },
      code: 'EACCES',
    },
    'data.mdb that others may not read': {
      prepare: (folder) => {
        chmodSync(folder, 0o755);
        return folder;
      },
      options: { readOnly: true },
      code: 'EACCES',
    },
    'data.mdb that others may not write': {
      prepare: (folder) => {
        chmodSync(folder, 0o777);
        chmodSync(join(folder, 'data.mdb'), 0o644);
        chmodSync(join(folder, 'lock.mdb'), 0o666);
        return folder;
      },
      code: 'EACCES',
    },
    'a parent in which others may make nothing': {
      prepare: (folder) => {
        chmodSync(folder, 0o755);
        return join(folder, 'new/below');
      },
      code: 'EACCES',
    },
  };

  test.each(Object.entries(cases))('%s', (_, { prepare, options = {}, code }) => {
    const path = prepare(stored());
    const told = askChild(
      `let e; try { open(args.path, args.options); } catch (error) { e = error; }
      tell({ code: e?.code, path: e?.path, name: e?.name });`,
      { path, options },
      { uid: NOBODY },
    );
    expect(told).toEqual({ code, path, name: 'LeaseholdError' });
  });

  test('to write, a database is read by who may read it and its lock file', () => {
    const path = stored();
    chmodSync(path, 0o755);
    chmodSync(join(path, 'data.mdb'), 0o644);
    chmodSync(join(path, 'lock.mdb'), 0o666);
    const told = askChild(
      `const env = open(args.path, { readOnly: true }); const items = env.collection('items');
       tell([items.count(), codeOf(() => items.put(1, Buffer.alloc(1)))]);`,
      { path },
      { uid: NOBODY },
    );
    expect(told).toEqual([2001, 'ERR_READ_ONLY']);
  });
});

test('a database whose lock file is gone is opened as before', () => {
  const path = stored();
  rmSync(join(path, 'lock.mdb'));
  expect(openAt(path).collection('items').count()).toBe(2001);
});

test('a commit that the system refuses loses nothing that was committed, and the database goes on', () => {
  const env = openAt(temporaryFolder());
  env.collection('items', { key: uint32, value: bytes }).put(1, Buffer.from('committed'));
  env.close();
  // The shell limits the size of files to 2 MiB: a write beyond that fails as on a full disk.
  const source = `
    import { open } from ${JSON.stringify(join(builtLibrary(), 'dist/index.js'))};
    const env = open(process.argv[2], { durability: 'nosync' });
    const items = env.collection('items');
    const codeOf = (fn) => { try { fn(); return 'none'; } catch (error) { return error.code; } };
    const failed = codeOf(() => env.write(() => { for (let i = 10; i < 40; i++) items.put(i, Buffer.alloc(200_000)); }));
    items.put(2, Buffer.from('after it'));
    console.log(JSON.stringify([failed, items.range().keys().toArray(), items.get(1).toBuffer().toString()]));`;
  const program = join(temporaryFolder(), 'main.mjs');
  writeFileSync(program, source);
  const told = execFileSync('bash', ['-c', 'ulimit -f 2048; exec "$@"', 'bash', process.execPath, program, env.path], {
    encoding: 'utf8',
  });
  const [failed, keys, first] = JSON.parse(told) as [string, number[], string];
  expect(failed).toBe('EFBIG');
  expect([keys, first]).toEqual([[1, 2], 'committed']);
  const again = openAt(env.path).collection('items');
  expect(again.range().keys().toArray()).toEqual([1, 2]);
  expect(codeOf(() => again.get('wrong'))).toBe('ERR_INVALID_ARG_TYPE');
});
