import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openJs } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { json, open, uint32 } from '../../lib/index.ts';
import { openTemporary, temporaryFolder } from '../support/fixture.ts';

function failure(path: string, readOnly: boolean): unknown {
  try {
    open(path, { readOnly }).close();
  } catch (error) {
    return error;
  }
  throw new Error('was opened');
}

describe.each([false, true])('a file of another kind, opened with readOnly: %s,', (readOnly) => {
  it('a database in one file is recognised', () => {
    const env = openTemporary();
    env.collection('c', { key: uint32, value: json }).put(1, 1);
    env.close();
    const one = join(temporaryFolder(), 'one.mdb');
    copyFileSync(join(env.path, 'data.mdb'), one);
    const before = readFileSync(one);
    expect(failure(one, readOnly)).toMatchObject({
      code: expect.stringMatching(/^E?NO/),
      path: one,
      message: expect.stringMatching(/in one file.*mdb_copy -n .*DIRECTORY\/data\.mdb/),
    });
    expect(readFileSync(one).equals(before)).toBe(true);
    // The remedy that the message names works.
    const folder = join(temporaryFolder(), 'folder');
    mkdirSync(folder);
    copyFileSync(one, join(folder, 'data.mdb'));
    const moved = open(folder, { readOnly });
    expect(moved.collections()).toEqual(['c']);
    moved.close();
  });

  it('the data file of a directory is told from a database in one file', () => {
    const env = openTemporary();
    env.close();
    const path = join(env.path, 'data.mdb');
    expect(failure(path, readOnly)).toMatchObject({
      code: expect.stringMatching(/^E?NO/),
      path,
      message: `'${path}' is the data file of a database: give its directory, '${env.path}'`,
    });
    // What mdb_env_open makes with MDB_NOSUBDIR: the lock file is named after the data file.
    writeFileSync(`${path}-lock`, '');
    expect(failure(path, readOnly)).toMatchObject({ message: expect.stringContaining('in one file') });
  });

  it('a database of lmdb-js is recognised, in a directory and in one file', async () => {
    for (const path of [join(temporaryFolder(), 'directory'), join(temporaryFolder(), 'one.mdb')]) {
      const env = openJs({ path });
      await env.put('a', 1);
      await env.close();
      expect(failure(path, readOnly)).toMatchObject({ message: expect.stringContaining('lmdb-js') });
    }
  });

  it('of 32 bits is recognised, and what is none of these is what it was', () => {
    const path = temporaryFolder();
    const head = Buffer.alloc(8192);
    head.writeUInt32LE(0xbeefc0de, 12);
    writeFileSync(join(path, 'data.mdb'), head);
    expect(failure(path, readOnly)).toMatchObject({ message: expect.stringContaining('32 bits') });
    writeFileSync(join(path, 'data.mdb'), Buffer.alloc(8192, 7));
    expect(failure(path, readOnly)).toMatchObject({
      code: 'MDB_INVALID',
      message: expect.stringContaining('data.mdb is not an LMDB database file'),
    });
    writeFileSync(join(path, 'text'), 'a text');
    expect(failure(join(path, 'text'), false)).toMatchObject({ code: 'ENOTDIR' });
  });
});
