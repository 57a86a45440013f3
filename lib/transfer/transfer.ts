// What a program calls. The code behind it is a third of the library's: it is loaded when it is first called.
import { invalidType } from '../base/errors.ts';
import type { Collection } from '../environment/collection.ts';
import { type Range, rangeParts } from '../read/range.ts';
import { OpenRead } from '../transaction/open-read.ts';
import type { ExportOptions, ExportResult } from './export/export-records.ts';
import type { ImportOptions } from './import/import-options.ts';
import type { ImportResult } from './import/import-records.ts';
import type { InferOptions, Inferred } from './infer/infer-schema.ts';
import type { ImportSource } from './io/source.ts';
import type { ExportTarget, Failure } from './io/target.ts';

/**
 * Reads records from a file or a stream into a collection. Those whose keys go up are stored as they come; what is not in
 * order is sorted first, in bounded memory. Of records with the same key the last stays, as with `put`.
 *
 * It is done in transactions of up to 16 MiB. An error or `signal` undoes what is not committed: everything, if less than
 * that had been read; what is committed can be gone on from with `resume`, and the error's message says so.
 * Rejects with the error of the first record that cannot be imported (its code, `line`, and a message that names file,
 * line and field) unless `onError` says otherwise; with `ABORT_ERR`, `ENOENT`, `MDB_MAP_FULL`, …
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
 * Writes the entries of a range to a file or a stream: one snapshot, that of the range's transaction or of one that ends
 * with the last entry. A file appears under its name when it is whole; a stream is ended (but not the process's own output).
 * A record has its key beside it, `{"key": …, "value": …}`, unless all keys are made of fields: so that it can be imported again.
 * Waits while a stream does not keep up. Rejects with `ABORT_ERR`, `ERR_CODEC`, `ENOSPC`, `ERR_TXN_ENDED`, …;
 * `ERR_INVALID_ARG_VALUE` for a record that the format cannot hold, naming its key.
 */
export async function exportRecords<K, V>(
  range: Range<K, V>,
  target: ExportTarget,
  options: ExportOptions = {},
): Promise<ExportResult> {
  const parts = rangeParts(range);
  if (parts === undefined) throw invalidType('range', 'a Range of collection.range()', range);
  // The snapshot is that of the call, whatever is written while the target is being opened. Nothing keeps what is read
  // through it: with `invalidate` its end need not wait for the collector to find that out.
  const own = parts.transaction === undefined ? new OpenRead(parts.collection.environment, true) : undefined;
  try {
    const { loaded, failure } = await hearing(target, () => import('./export/export-records.ts'));
    return await loaded.exportParts(parts, own, target, options, failure);
  } finally {
    if (own !== undefined && own.nextEnding === null) {
      // The next transaction ends it if there is no stack left to call `end`.
      own.nextEnding = own.environment.ending;
      own.environment.ending = own;
    }
    own?.end();
  }
}

/**
 * The schema of the first records of a file or a stream: numbers are `f64`, every field is optional. In CSV a column is of
 * numbers, or of true and false, if all its texts are exactly what such values are written as ('007' and ' 1' are texts).
 * `ERR_INVALID_ARG_VALUE`, naming the line, if a field is of two types, or records are no objects; the errors of
 * `importRecords`.
 */
export async function inferSchema(source: ImportSource, options: InferOptions = {}): Promise<Inferred> {
  const { loaded } = await hearing(source, () => import('./infer/infer-schema.ts'));
  return loaded.inferFrom(source, options);
}

/**
 * What `load` gives, and what the stream fails with meanwhile, before anybody else listens: unheard, it would end the
 * process. (A stream that is read tells it again.)
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
