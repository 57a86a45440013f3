// The functions that programs call. The code behind them is a third of the library, and is loaded with the first call.
import type { Collection } from '../environment/collection.ts';
import { type Entries, type EntryLike, EntrySource } from '../read/entry-source.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { ExportOptions, ExportResult } from './export/export-records.ts';
import type { ImportOptions } from './import/import-options.ts';
import type { ImportResult } from './import/import-records.ts';
import type { InferOptions, Inferred } from './infer/infer-schema.ts';
import type { ImportSource } from './io/input.ts';
import type { ExportTarget, Failure } from './io/target.ts';

/**
 * Reads records from a file or a stream into a collection. As long as keys ascend, records are stored as they come. Others
 * are sorted first, in bounded memory. Of records with the same key the last is stored, as with `put`.
 *
 * Records are stored in transactions of up to 16 MiB. An error or `signal` rolls back the transaction that is not committed. If less than
 * 16 MiB have been read, nothing is stored. After what is committed the import can go on with `resume`, and the error's message says so.
 * Rejected with the error of the first record that cannot be stored, unless `onError` says otherwise: the error has a code and a `line`, and its
 * message names file, line and field. Also rejected with `ABORT_ERR`, `ENOENT`, `MDB_MAP_FULL`, …
 */
export async function importRecords<K, V, KView, VView>(
  collection: Collection<K, V, KView, VView>,
  source: ImportSource,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const { loaded } = await hearing(source, () => import('./import/import-records.ts'));
  return loaded.importInto(collection, source, options);
}

/**
 * Writes the entries of a range to a file or a stream. They are those of one snapshot: the range's transaction, or else one that ends
 * with the last entry. A file gets its name when it is complete. A stream is ended, unless it is the process's own output.
 * So that the entries can be imported again, each record is written with its key, `{"key": …, "value": …}`, unless all keys are made of
 * fields. Waits for a slow stream. Rejected with `ABORT_ERR`, `ERR_CODEC`, `ENOSPC`, `ERR_TXN_ENDED`, …, and with
 * `ERR_INVALID_ARG_VALUE` for a record that the format cannot hold; the message names its key.
 *
 * `range` is a collection, a range, or `filter()`, `take()` or `map()` of one. What `map` makes must be an object with a `key`, as the
 * collection's codec takes it, and a `value` that JSON can hold; in a dump, one that the codec takes. Each function is called once for an
 * entry.
 */
export async function exportRecords(
  range: Entries<EntryLike>,
  target: ExportTarget,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const source = new EntrySource(range, 'range');
  const { rangeState } = source;
  // The transaction begins now, so the snapshot is that of the call, whatever is written while the target is being opened. No sink
  // of a plain range is kept, so the transaction is begun with `invalidate`: then its end need not wait for the garbage collector to find
  // that out. Functions given to `filter` and `map` may keep some.
  const { environment } = rangeState.collection;
  const invalidate = source.isRange || (rangeState.bounds.onEnd ?? environment.onEnd) === 'invalidate';
  const own = rangeState.transaction === undefined ? new OpenRead(environment, invalidate) : undefined;
  try {
    const { loaded, failure } = await hearing(target, () => import('./export/export-records.ts'));
    return await loaded.exportEntries(source, own, target, options, failure);
  } finally {
    if (own !== undefined && own.nextEnding === null) {
      // If the stack overflows in `end`, the next call that begins a transaction ends this one.
      own.nextEnding = own.environment.ending;
      own.environment.ending = own;
    }
    own?.end();
  }
}

/**
 * The schema of the first records of a file or a stream. Numbers are `f64`, and every field is optional. In CSV a column has
 * numbers, or booleans, only if each of its texts is exactly the usual form of such a value ('007' and ' 1' are texts).
 * `ERR_INVALID_ARG_VALUE` if a field has two types, or if a record is not an object; the message names the line. Otherwise the
 * errors of `importRecords`.
 */
export async function inferSchema(source: ImportSource, options: InferOptions = {}): Promise<Inferred> {
  const { loaded } = await hearing(source, () => import('./infer/infer-schema.ts'));
  return loaded.inferFrom(source, options);
}

/**
 * Calls `load`, and listens to the errors of the stream meanwhile. Nobody else listens yet, and an 'error' event without a listener ends
 * the process. (A stream that is read gives its error again.)
 */
async function hearing<T>(
  stream: unknown,
  load: () => Promise<T>,
): Promise<{ loaded: T; failure: Failure | undefined }> {
  const { on, off } = (typeof stream === 'object' && stream !== null ? stream : {}) as Partial<NodeJS.EventEmitter>;
  let failure: Failure | undefined;
  if (typeof on !== 'function' || typeof off !== 'function') return { loaded: await load(), failure };
  const onError = (error: unknown): void => {
    failure ??= { error };
  };
  on.call(stream as NodeJS.EventEmitter, 'error', onError);
  try {
    return { loaded: await load(), failure };
  } finally {
    off.call(stream as NodeJS.EventEmitter, 'error', onError);
  }
}
