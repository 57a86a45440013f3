import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LeaseholdError } from '../base/errors.ts';

/** What LMDB's first page has behind its header, as the bytes lie in the file of a little-endian machine. */
const MAGIC = 0xbeefc0de;

/** Where it stands: behind the page header of stock LMDB, of the one that lmdb-js carries, and of stock LMDB on 32 bits. */
const STOCK = 16;
const LMDB_JS = 24;
const NARROW = 12;

/** The error to throw for a path that `open` has failed with: it says so if there is a database of another kind. */
export function withForeignFile(error: unknown, path: string): unknown {
  if (!(error instanceof LeaseholdError)) return error;
  const { code } = error;
  if (code !== 'ENOTDIR' && code !== 'ENOENT' && code !== 'MDB_INVALID' && code !== 'MDB_VERSION_MISMATCH')
    return error;
  const what = foreignFile(path);
  return what === undefined ? error : new LeaseholdError(code, what, { path, cause: error });
}

/** What to do about the database of another kind that a path is, or holds; undefined if there is none. */
export function foreignFile(path: string): string | undefined {
  const isFile = isRegularFile(path);
  const file = isFile ? path : join(path, 'data.mdb');
  const magicAt = findMagic(file);
  if (magicAt === LMDB_JS) {
    return (
      `'${file}' is a database of the npm package lmdb (lmdb-js), whose LMDB has a file format of its own: read it with that package, ` +
      'and write the records with this one'
    );
  }
  if (magicAt === NARROW) {
    return `'${file}' was written by LMDB on a machine of 32 bits: dump it there with mdb_dump, and import the dump`;
  }
  if (magicAt === STOCK && isFile) {
    return (
      `'${path}' is a database in one file (MDB_NOSUBDIR), and this library has them in directories: copy it into an empty one with ` +
      `mdb_copy -n '${path}' DIRECTORY, or with all programs stopped move it to DIRECTORY/data.mdb`
    );
  }
  return undefined;
}

function isRegularFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function findMagic(file: string): number | undefined {
  const head = Buffer.alloc(32);
  try {
    const fd = openSync(file, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    // What cannot be read has an error of its own.
    return undefined;
  }
  return [STOCK, LMDB_JS, NARROW].find((at) => head.readUInt32LE(at) === MAGIC);
}
