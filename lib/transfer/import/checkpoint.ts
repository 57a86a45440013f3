import type { Hash } from 'node:crypto';
import { open as openFile, realpath, stat as statOf } from 'node:fs/promises';
import { LeaseholdError } from '../../base/errors.ts';
import { writer } from '../../base/writer.ts';
import { catalogIn, importPrefix, makeCatalog } from '../../catalog/catalog.ts';
import { CHANGE_DELETE, CHANGE_PUT } from '../../native/constants.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { getPrivateBytes } from '../../transaction/copied-reads.ts';
import { inWrite } from '../../transaction/in-write.ts';
import { changeFrom, changeWritten } from '../../transaction/native-change.ts';
import { OpenRead } from '../../transaction/open-read.ts';
import type { OpenWrite } from '../../transaction/open-write.ts';
import { readingFailed } from '../io/input.ts';
import type { Mark } from '../reader.ts';

/** How many bytes of a file's beginning are compared, to notice another file of the same name. */
const HEAD_SIZE = 64 * 1024;

/** What an import has done so far. */
export interface Done {
  readonly mark: Mark;
  readonly rows: number;
  readonly rejected: number;
  /** Bytes of the file of rejects. */
  readonly rejectsSize: number;
  /** The fields whose types were inferred. */
  readonly inferred: readonly string[];
}

/**
 * How far the import of one file into one collection has come. It is stored in the reserved collection, in the same
 * transactions as the rows, so it is true whatever happens.
 */
export class Checkpoint {
  readonly #collection: OpenCollection;
  readonly #key: Uint8Array;
  /** What must be the same to go on: the file, and the options that say how it is read. */
  readonly #identity: string;

  private constructor(collection: OpenCollection, key: Uint8Array, identity: string) {
    this.#collection = collection;
    this.#key = key;
    this.#identity = identity;
  }

  /** Undefined if `path` is not a regular file, or if the database has no room for the reserved collection. `how` has the options for reading. */
  static async of(collection: OpenCollection, path: string, how: unknown): Promise<Checkpoint | undefined> {
    const identified = await identify(path);
    if (identified === undefined) return undefined;
    const [file, content] = identified;
    const identity = JSON.stringify([content, how]);
    const key = Buffer.concat([importPrefix(collection.name), sha256().update(file).digest()]);
    return hasRoom(collection) ? new Checkpoint(collection, key, identity) : undefined;
  }

  /**
   * What an interrupted import has done; undefined if there is none. `ERR_INVALID_ARG_VALUE` if the file or the options have
   * changed.
   */
  load(): Done | undefined {
    const { environment } = this.#collection;
    const transaction = new OpenRead(environment, false);
    try {
      const id = catalogIn(transaction);
      const bytes =
        id < 0 ? undefined : this.#withKey((at, length) => getPrivateBytes(transaction.handle, id, at, length));
      if (bytes === undefined) return undefined;
      const { identity, ...done } = JSON.parse(Buffer.from(bytes).toString()) as Done & { identity: string };
      if (identity === this.#identity) return done;
    } finally {
      transaction.nextEnding = environment.ending;
      environment.ending = transaction;
      transaction.end();
    }
    throw new LeaseholdError(
      'ERR_INVALID_ARG_VALUE',
      'the import cannot be resumed: the file or the options have changed since it was interrupted; import it without `resume`',
      { path: environment.path },
    );
  }

  save(transaction: OpenWrite, done: Done): void {
    const json = Buffer.from(JSON.stringify({ identity: this.#identity, ...done }));
    const id = makeCatalog(transaction);
    this.#withKey((at, length) =>
      changeFrom(transaction.handle, id, CHANGE_PUT, json, 0, json.length, at, at + length),
    );
  }

  delete(transaction: OpenWrite): void {
    const id = catalogIn(transaction);
    if (id >= 0)
      this.#withKey((at, length) => changeWritten(transaction.handle, id, CHANGE_DELETE, at, at, at + length));
  }

  #withKey<T>(fn: (offset: number, length: number) => T): T {
    const start = writer.position;
    const { length } = this.#key;
    writer.reserve(length);
    for (let i = 0; i < length; i++) writer.bytes[start + i] = this.#key[i] as number;
    writer.position = start + length;
    try {
      return fn(start, length);
    } finally {
      writer.position = start;
    }
  }
}

/** Whether the reserved collection exists or can be made. */
function hasRoom({ environment }: OpenCollection): boolean {
  try {
    inWrite(environment, makeCatalog);
    return true;
  } catch (error) {
    if (error instanceof LeaseholdError && error.code === 'MDB_DBS_FULL') return false;
    throw error;
  }
}

/** A file's path, and its size, time of change and first bytes, to notice another file at that path. */
async function identify(path: string): Promise<[path: string, content: unknown] | undefined> {
  try {
    // Reading the beginning of a pipe would take it away.
    if (!(await statOf(path)).isFile()) return undefined;
    const handle = await openFile(path);
    try {
      const { size, mtimeMs } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_SIZE), 0, HEAD_SIZE, 0);
      const head = sha256().update(buffer.subarray(0, bytesRead)).digest('hex');
      return [await realpath(path), { size, mtimeMs, head }];
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readingFailed(`'${path}'`, error);
  }
}

/** Not imported at the top, as in value/struct/schema.ts. */
function sha256(): Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256');
}
