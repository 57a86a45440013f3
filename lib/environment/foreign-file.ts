import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LeaseholdError } from '../base/errors.ts';

/** LMDB's first page has this number behind its header, little-endian. */
const MAGIC = 0xbeefc0de;

/** The offset of that number: the page headers of stock LMDB, of lmdb-js's LMDB and of stock LMDB on 32 bits differ in size. */
const STOCK = 16;
const LMDB_JS = 24;
const NARROW = 12;

/** The error to throw if `open` has failed with `error`. If the path has a database of another kind, the error says so. */
export function withForeignFile(error: unknown, path: string): unknown {
  if (!(error instanceof LeaseholdError)) return error;
  const { code } = error;
  if (code !== 'ENOTDIR' && code !== 'ENOENT' && code !== 'MDB_INVALID' && code !== 'MDB_VERSION_MISMATCH')
    return error;
  const what = foreignFile(path);
  return what === undefined ? error : new LeaseholdError(code, what, { path, cause: error });
}

/** A message on the database of another kind that a path is or holds, with what to do; undefined if there is none. */
export function foreignFile(path: string): string | undefined {
  const isFile = isRegularFile(path);
  const file = isFile ? path : join(path, 'data.mdb');
  const magicAt = findMagic(file);
  if (magicAt === LMDB_JS) {
    return (
      `'${file}' is a database of the npm package lmdb (lmdb-js), whose LMDB has another file format: read it with that package, ` +
      'and write the records with leasehold'
    );
  }
  if (magicAt === NARROW) {
    return `'${file}' was written by LMDB on a machine of 32 bits: dump it there with mdb_dump, and import the dump`;
  }
  if (magicAt === STOCK && isFile && isOfDirectory(path)) {
    return `'${path}' is the data file of a database: give its directory, '${dirname(path)}'`;
  }
  if (magicAt === STOCK && isFile) {
    return (
      `'${path}' is a database in one file (MDB_NOSUBDIR), and leasehold needs a directory: copy it into an empty one with ` +
      `mdb_copy -n '${path}' DIRECTORY, or stop all programs that use it and move it to DIRECTORY/data.mdb`
    );
  }
  return undefined;
}

/** Whether a file is named as in a database that has a directory. The lock file of a database in one file is named after that file. */
function isOfDirectory(path: string): boolean {
  return basename(path) === 'data.mdb' && !existsSync(`${path}-lock`);
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
    // `open` has an error of its own for a file that cannot be read.
    return undefined;
  }
  return [STOCK, LMDB_JS, NARROW].find((at) => head.readUInt32LE(at) === MAGIC);
}
