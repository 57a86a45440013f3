import { LeaseholdError } from '../base/errors.ts';
import { sha256, utf8Slice } from '../base/platform.ts';
import { typedArrayLength } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import {
  CHANGE_CLEAR,
  CHANGE_DELETE,
  CHANGE_PUT,
  CHANGE_RANGE_BYTES,
  COLLECTION_ANY_KEYS,
  COLLECTION_EXPIRES,
  COLLECTION_VERSIONS,
  RANGE_LOWER,
  RANGE_UPPER,
  RANGE_UPPER_OPEN,
} from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import { writeRange } from '../transaction/clear-range.ts';
import { getPrivateBytes } from '../transaction/copied-reads.ts';
import { changeWritten } from '../transaction/native-change.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { writeString } from '../value/utf8.ts';
import { CATALOG } from './own-collections.ts';
import type { Remembered } from './remembered-codecs.ts';
import { hasSideDataKey } from './side-data-name.ts';

/** A program that replaces these functions later does not damage what is remembered of its collections. */
const { parse, stringify } = JSON;

/** The key of the last id of an object. No name of a collection has a NUL, so no side data has this key. */
const LAST_ID = '\0ids\0';

/** The flags of the range of `writeImports`. */
const IMPORTS = RANGE_LOWER | RANGE_UPPER | RANGE_UPPER_OPEN;

/** The limit of a range without a limit. */
const NO_LIMIT = 2 ** 53;

/**
 * The first bytes of the keys of checkpoints of imports into a collection. They contain a hash of the collection's name, since the
 * name itself could make a key too long. No name begins with a NUL.
 */
export function importPrefix(name: string): Buffer {
  return Buffer.from(`\0import\0${sha256(name)}`);
}

/** The number of the reserved collection in a transaction; negative if it is absent. */
export function catalogIn(transaction: OpenTransaction): CollectionId {
  return answered(native.findCollection(transaction.handle, CATALOG));
}

/** The number of the reserved collection. Makes it if it is absent. */
export function makeCatalog(transaction: OpenWrite): CollectionId {
  return answered(native.makeCollection(transaction.handle, CATALOG, 0));
}

/** Runs `fn` with the offset and length of a name in the writer. */
function withName<T>(name: string, fn: (offset: number, length: number) => T): T {
  const start = writer.position;
  try {
    writeString(writer, name, 'the name of a collection');
    return fn(start, writer.position - start);
  } finally {
    writer.position = start;
  }
}

/** What is remembered of a collection; undefined if nothing is. `ERR_CODEC` if it cannot be read. */
export function recall(transaction: OpenTransaction, name: string): Remembered | undefined {
  const id = catalogIn(transaction);
  if (id < 0) return undefined;
  try {
    const bytes = withName(name, (offset, length) => getPrivateBytes(transaction.handle, id, offset, length));
    if (bytes === undefined) return undefined;
    const parsed: unknown = parse(utf8Slice(bytes, 0, typedArrayLength(bytes)));
    if (typeof parsed === 'object' && parsed !== null && 'key' in parsed && typeof parsed.key === 'string') {
      const { versions, expires, keys } = parsed as { versions?: unknown; expires?: unknown; keys?: unknown };
      const flags =
        (versions === true ? COLLECTION_VERSIONS : 0) |
        (expires === true ? COLLECTION_EXPIRES : 0) |
        (keys === 'any' ? COLLECTION_ANY_KEYS : 0);
      return { key: parsed.key, value: 'value' in parsed ? parsed.value : undefined, flags };
    }
    throw new SyntaxError('not a record of a collection');
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new LeaseholdError(
      'ERR_CODEC',
      `what '${CATALOG}' remembers of the collection '${name}' cannot be read: it is damaged, or of a newer version`,
      {
        path: transaction.environment.path,
        cause,
      },
    );
  }
}

/** Remembers the codecs of a collection, and what it was made with. */
export function remember(transaction: OpenWrite, name: string, { key, value, flags }: Remembered): void {
  const versions = (flags & COLLECTION_VERSIONS) !== 0 ? true : undefined;
  const expires = (flags & COLLECTION_EXPIRES) !== 0 ? true : undefined;
  const keys = (flags & COLLECTION_ANY_KEYS) !== 0 ? 'any' : undefined;
  const text = stringify({ key, value, versions, expires, keys });
  putText(transaction, name, text, 'what is remembered of a collection');
}

/** Deletes everything that is remembered of a collection. */
export function forget(transaction: OpenWrite, name: string): void {
  const id = catalogIn(transaction);
  if (id < 0) return;
  deleteKey(transaction, id, name);
  if (hasSideDataKey(name)) deleteKey(transaction, id, sideDataKey(name));
  forgetImports(transaction, name);
}

/** Whether there are checkpoints of imports into a collection. */
export function hasImports(transaction: OpenTransaction, name: string): boolean {
  const id = catalogIn(transaction);
  if (id < 0) return false;
  const start = writer.position;
  try {
    const upperAt = writeImports(name);
    const lowerAt = start + CHANGE_RANGE_BYTES;
    const upperLength = writer.position - upperAt;
    return native.count(transaction.handle, id, IMPORTS, lowerAt, upperAt - lowerAt, upperAt, upperLength, 1) > 0;
  } finally {
    writer.position = start;
  }
}

/** Deletes the checkpoints of imports into a collection, so that no import goes on behind entries that are deleted. */
export function forgetImports(transaction: OpenWrite, name: string): void {
  const id = catalogIn(transaction);
  if (id < 0) return;
  const start = writer.position;
  try {
    const keyAt = writeImports(name);
    changeWritten(transaction.handle, id, CHANGE_CLEAR, start, keyAt, writer.position);
  } finally {
    writer.position = start;
  }
}

/**
 * Appends the value and the key of the CHANGE_CLEAR that deletes the checkpoints of imports into a collection to the writer. Returns
 * where the key begins.
 */
export function writeImports(name: string): number {
  const prefix = importPrefix(name);
  const end = Buffer.from(prefix);
  // The prefix ends with a hexadecimal digit. Keys with the prefix are below the same prefix with the next digit.
  end[end.length - 1] = (end[end.length - 1] as number) + 1;
  return writeRange(IMPORTS, NO_LIMIT, prefix, end);
}

/** The side data of a collection's codec, as a transaction sees it; undefined if there is none. */
export function loadSideData(transaction: OpenTransaction, name: string): string | undefined {
  return getText(transaction, sideDataKey(name));
}

export function saveSideData(transaction: OpenWrite, name: string, text: string): void {
  putText(transaction, sideDataKey(name), text, 'the side data of a codec');
}

/** The greatest id of an object that was given to anybody, 0 if none was. `ERR_CODEC` if it cannot be read. */
export function lastId(transaction: OpenTransaction): number {
  const text = getText(transaction, LAST_ID);
  const last = text === undefined ? 0 : Number(text);
  if (Number.isSafeInteger(last) && last >= 0) return last;
  throw new LeaseholdError(
    'ERR_CODEC',
    `what '${CATALOG}' remembers of the ids of objects cannot be read: it is damaged`,
    {
      path: transaction.environment.path,
    },
  );
}

export function saveLastId(transaction: OpenWrite, last: number): void {
  putText(transaction, LAST_ID, String(last), 'the last id of an object');
}

/** A text in the reserved collection; undefined if it is absent. */
function getText(transaction: OpenTransaction, key: string): string | undefined {
  const id = catalogIn(transaction);
  if (id < 0) return undefined;
  const bytes = withName(key, (offset, length) => getPrivateBytes(transaction.handle, id, offset, length));
  return bytes === undefined ? undefined : utf8Slice(bytes, 0, typedArrayLength(bytes));
}

/** Stores a text in the reserved collection. `what` is its name in errors. */
function putText(transaction: OpenWrite, key: string, text: string, what: string): void {
  const id = makeCatalog(transaction);
  const start = writer.position;
  try {
    writeString(writer, text, what);
    const keyAt = writer.position;
    writeString(writer, key, 'the name of a collection');
    changeWritten(transaction.handle, id, CHANGE_PUT, start, keyAt, writer.position);
  } finally {
    writer.position = start;
  }
}

function deleteKey(transaction: OpenWrite, id: CollectionId, key: string): void {
  withName(key, (offset, length) =>
    changeWritten(transaction.handle, id, CHANGE_DELETE, offset, offset, offset + length),
  );
}

function sideDataKey(name: string): string {
  return `\0${name}`;
}
