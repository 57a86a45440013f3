import { invalidValue, LeaseholdError } from '../base/errors.ts';
import { typedArrayLength, typedArraySet, utf8ByteLength, utf8Slice } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { RANGE_LOWER, RANGE_UPPER, RANGE_UPPER_OPEN } from '../native/constants.ts';
import type { CollectionId } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import { getPrivateBytes } from '../transaction/copied-reads.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { OpenWrite } from '../transaction/open-write.ts';
import { writeString } from '../value/utf8.ts';
import { MOST_KEY_BYTES } from './key-size.ts';
import type { Remembered } from './remembered-codecs.ts';

/**
 * The collection in which leasehold remembers, for each collection that it made, by which codecs it is read: the name,
 * and JSON. What a codec keeps beside the values stands there too, below a NUL, which no name has, and the name. Hidden
 * from `env.collections()`.
 */
export const CATALOG = '__leasehold';

/** The limit of a range that has none. */
const NO_LIMIT = 2 ** 53;

/**
 * What the keys begin with under which imports into a collection are remembered: a name of a collection has no NUL, and one
 * in full could make a key too long.
 */
export function importPrefix(name: string): Buffer {
  // Not imported at the top, as in value/struct/schema.ts.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return Buffer.from(`\0import\0${createHash('sha256').update(name).digest('hex')}`);
}

/** The reserved collection as a transaction sees it; negative if it is absent. */
export function catalogIn(transaction: OpenTransaction): CollectionId {
  return answered(native.findCollection(transaction.handle, CATALOG));
}

/** The reserved collection, made if it is absent. */
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

/** What is remembered of a collection, undefined if nothing. `ERR_CODEC` if that cannot be read. */
export function recall(transaction: OpenTransaction, name: string): Remembered | undefined {
  const id = catalogIn(transaction);
  if (id < 0) return undefined;
  try {
    const bytes = withName(name, (offset, length) => getPrivateBytes(transaction.handle, id, offset, length));
    if (bytes === undefined) return undefined;
    const parsed: unknown = JSON.parse(utf8Slice(bytes, 0, typedArrayLength(bytes)));
    if (typeof parsed === 'object' && parsed !== null && 'key' in parsed && typeof parsed.key === 'string') {
      return { key: parsed.key, value: 'value' in parsed ? parsed.value : undefined };
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

/** Remembers the codecs of a collection. */
export function remember(transaction: OpenWrite, name: string, { key, value }: Remembered): void {
  const json = JSON.stringify({ key, value });
  const id = makeCatalog(transaction);
  withName(name, (offset, length) => {
    const at = writer.position;
    writeString(writer, json, 'what is remembered of a collection');
    native.put(transaction.handle, id, offset, length, undefined, at, writer.position - at, 0);
  });
}

/** Forgets a collection that the transaction drops. */
export function forget(transaction: OpenWrite, name: string): void {
  const id = catalogIn(transaction);
  if (id < 0) return;
  withName(name, (offset, length) => native.del(transaction.handle, id, offset, length));
  if (hasKeptKey(name)) withName(keptKey(name), (offset, length) => native.del(transaction.handle, id, offset, length));
  forgetImports(transaction, name);
}

/** What was imported into a collection is no more there: it must not be gone on from. */
export function forgetImports(transaction: OpenWrite, name: string): void {
  const id = catalogIn(transaction);
  if (id < 0) return;
  withImports(name, (flags, at, lowerLength, upperLength) =>
    native.clear(transaction.handle, id, flags, at, lowerLength, at + lowerLength, upperLength, NO_LIMIT),
  );
}

/** Whether there is anything for `forgetImports` to forget. */
export function remembersImports(transaction: OpenTransaction, name: string): boolean {
  const id = catalogIn(transaction);
  if (id < 0) return false;
  const count = withImports(name, (flags, at, lowerLength, upperLength) =>
    native.count(transaction.handle, id, flags, at, lowerLength, at + lowerLength, upperLength, 1),
  );
  return count > 0;
}

/** Calls `fn` with the range, in the writer, of what is remembered of imports into a collection. */
function withImports<T>(
  name: string,
  fn: (flags: number, at: number, lowerLength: number, upperLength: number) => T,
): T {
  const prefix = importPrefix(name);
  const start = writer.position;
  const { length } = prefix;
  writer.reserve(2 * length);
  typedArraySet(writer.bytes, prefix, start);
  typedArraySet(writer.bytes, prefix, start + length);
  // The prefix ends with a hexadecimal digit: what begins with it stands below the same with the next one.
  writer.bytes[start + 2 * length - 1] = (prefix[length - 1] as number) + 1;
  return fn(RANGE_LOWER | RANGE_UPPER | RANGE_UPPER_OPEN, start, length, length);
}

/** What a codec kept beside the values of a collection, as a transaction sees it; undefined if nothing. */
export function loadKept(transaction: OpenTransaction, name: string): string | undefined {
  const id = catalogIn(transaction);
  if (id < 0) return undefined;
  const bytes = withName(keptKey(name), (offset, length) => getPrivateBytes(transaction.handle, id, offset, length));
  return bytes === undefined ? undefined : utf8Slice(bytes, 0, typedArrayLength(bytes));
}

export function saveKept(transaction: OpenWrite, name: string, text: string): void {
  const id = makeCatalog(transaction);
  withName(keptKey(name), (offset, length) => {
    const at = writer.position;
    writeString(writer, text, 'what is kept beside values');
    native.put(transaction.handle, id, offset, length, undefined, at, writer.position - at, 0);
  });
}

/** For codecs that keep something beside the values of a collection: whether its name leaves room. `ERR_INVALID_ARG_VALUE`. */
export function checkKeepsBy(name: string): void {
  if (hasKeptKey(name)) return;
  throw invalidValue(
    `a collection with values of this codec must have a name of at most ${MOST_KEPT_NAME_BYTES} bytes`,
  );
}

/** Less the NUL. */
const MOST_KEPT_NAME_BYTES: number = MOST_KEY_BYTES - 1;

function keptKey(name: string): string {
  return `\0${name}`;
}

function hasKeptKey(name: string): boolean {
  return utf8ByteLength(name) <= MOST_KEPT_NAME_BYTES;
}
