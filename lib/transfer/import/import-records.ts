import { aborted } from '../../base/abort.ts';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { type Collection, openCollectionOf } from '../../environment/collection.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { fieldsOf, structOf } from '../../value/struct/struct.ts';
import { type CsvSyntax, csvSyntaxOf } from '../csv/csv-syntax.ts';
import { type DumpTarget, namesInDump } from '../dump/dump-reader.ts';
import { inferredFields } from '../infer/inferred.ts';
import { type Format, formatOf, isText } from '../io/format.ts';
import { type ImportSource, Input, pathOf } from '../io/input.ts';
import { Pace } from '../io/progress.ts';
import { Transcoder } from '../io/transcoder.ts';
import { START } from '../reader.ts';
import type { RecordError } from '../record-error.ts';
import { Checkpoint, type Done } from './checkpoint.ts';
import { Duplicates } from './duplicates.ts';
import { Encoder } from './encoder.ts';
import { checkImportOptions, DEFAULT_MEMORY, type ImportOptions } from './import-options.ts';
import { Loader } from './loader.ts';
import { openReader } from './open-reader.ts';
import { checkRejectsTarget, Rejects } from './rejects.ts';

/** The result of an import or an export. */
export interface TransferResult {
  /** Records stored, or written. */
  rows: number;
  /** Bytes of the file, compressed if the file is. */
  bytes: number;
  /** Records left out. */
  rejected: number;
  seconds: number;
}

/** The result of an import. If the import was resumed, the result is that of this call alone. */
export interface ImportResult extends TransferResult {
  /** Records of this import or from before that were replaced by a later one with the same key. The collection has grown by `rows - replaced`. */
  replaced: number;
  /** With `onDuplicate: 'ignore'`: records left out because their key was there already. They do not count in `rows`. */
  ignored: number;
  /** The first errors of the records left out, if there are any. */
  errors?: RecordError[];
}

/** See `importRecords`. */
export async function importInto<K, V, KView, VView>(
  collection: Collection<K, V, KView, VView>,
  source: ImportSource,
  options: ImportOptions,
): Promise<ImportResult> {
  const target = openCollectionOf(collection);
  if (target === undefined) throw invalidType('collection', 'a Collection of env.collection()', collection);
  target.environment.checkOpen();
  checkImportOptions(options);
  if (target.environment.readOnly) {
    throw new LeaseholdError(
      'ERR_READ_ONLY',
      'the environment was opened read-only: open it without `readOnly: true` to import',
      {
        path: target.environment.path,
      },
    );
  }
  if (options.signal?.aborted === true) throw aborted(options.signal);
  const path = pathOf(source);
  const format = formatOf(options.format, path);
  const syntax = csvSyntaxOf(format, options);
  const transcoder = Transcoder.of(options.encoding);
  if (transcoder !== undefined && format === 'dump') throw invalidValue('a dump has no `encoding`: it holds bytes');
  checkRejectsTarget(options.rejects, path);
  const checkpoint = path === undefined ? undefined : await Checkpoint.of(target, path, howOf(format, syntax, options));
  if (options.resume === true && checkpoint === undefined) {
    throw invalidValue('only the import of a file can be resumed, not that of a stream');
  }
  const before = options.resume === true ? checkpoint?.load() : undefined;
  const dump = await dumpTarget(target, format, checkpoint === undefined ? undefined : path, options.signal);
  const input = await Input.open(source, options.signal, before?.mark.bytes ?? 0, transcoder);
  try {
    return await run({ collection: target, input, format, syntax, checkpoint, before, dump }, options);
  } finally {
    input.close();
  }
}

interface Task {
  readonly collection: OpenCollection;
  readonly input: Input;
  readonly format: Format;
  readonly syntax: CsvSyntax;
  readonly checkpoint: Checkpoint | undefined;
  /** What the interrupted import has done. */
  readonly before: Done | undefined;
  readonly dump: DumpTarget;
}

async function run(
  { collection, input, format, syntax, checkpoint, before, dump }: Task,
  options: ImportOptions,
): Promise<ImportResult> {
  const { onDuplicate = 'replace', maxMemoryBytes = DEFAULT_MEMORY, key, signal } = options;
  const fields = (options.schema && fieldsOf(options.schema)) ?? fieldsOf(collection.value);
  const pace = new Pace(options.onProgress, input.totalBytes, input.bytes);
  const reader = openReader(format, input, before?.mark ?? START, { syntax, fields, dump });
  const stops = options.onError !== 'skip' && options.rejects === undefined;
  const rejects = new Rejects(input.name, stops, options.rejects, before?.rejectsSize ?? 0);
  const fromText = isText(format);
  // From the checkpoint: if the collection was opened again, its schema comes from the database, which does not know what was inferred.
  const inferred = before?.inferred ?? inferredFields(options.schema ?? collection.value);
  const encoder = new Encoder({ collection, key, fields, fromText, inferred, rejects, raw: () => reader.raw() });
  const duplicates = new Duplicates(collection, onDuplicate);
  let rows = 0;
  const loader = new Loader(collection, duplicates, checkpoint, maxMemoryBytes, async () => {
    if (signal?.aborted === true) throw aborted(signal);
    await pace.step(rows, input.bytes);
  });
  const done = (): Done => ({
    mark: reader.mark(),
    rows: rows + (before?.rows ?? 0),
    rejected: rejects.count + (before?.rejected ?? 0),
    rejectsSize: rejects.size,
    inferred,
  });
  try {
    while (await reader.fetch()) {
      encoder.begin();
      try {
        reader.handOver(encoder);
      } finally {
        rows += encoder.end(loader.rows);
      }
      await loader.step(done());
      await pace.step(rows, input.bytes);
    }
    await loader.finish(done());
  } catch (error) {
    throw withState(error, loader.stored ?? before, loader, checkpoint !== undefined);
  } finally {
    loader.close();
    rejects.close();
  }
  pace.report(rows, input.bytes);
  const replaced = onDuplicate === 'replace' ? duplicates.count : 0;
  const ignored = duplicates.count - replaced;
  const result: ImportResult = {
    rows: rows - ignored,
    bytes: input.bytes,
    rejected: rejects.count,
    replaced,
    ignored,
    seconds: pace.seconds,
  };
  if (rejects.errors.length > 0) result.errors = rejects.errors;
  return result;
}

/** If the file is a dump of a single database, that database is loaded whatever its name is. */
async function dumpTarget(
  { name, dupSort, expiry }: OpenCollection,
  format: Format,
  path: string | undefined,
  signal: AbortSignal | undefined,
): Promise<DumpTarget> {
  const target = { name, dupSort, expires: expiry !== undefined, only: undefined };
  if (format !== 'dump' || path === undefined) return target;
  const input = await Input.open(path, signal, 0);
  try {
    const names = (await namesInDump(input)).filter((each) => each !== undefined);
    return { ...target, only: names.length === 1 ? names[0] : undefined };
  } finally {
    input.close();
  }
}

/** Adds to the message of an error what is stored. */
function withState(error: unknown, stored: Done | undefined, loader: Loader, resumable: boolean): unknown {
  // An error of a program's own stream is not changed.
  if (!(error instanceof Error && 'code' in error) || Object.isFrozen(error)) return error;
  if (loader.storesSorted) {
    error.message += '. Some of the sorted records are stored: import the file again to store all';
  } else if (stored === undefined) {
    error.message += '. Nothing was stored';
  } else {
    error.message += `. The records up to line ${stored.mark.line - 1} are stored (${stored.rows})`;
    if (resumable) error.message += ': import the file again with `resume` to go on behind them';
  }
  return error;
}

/** The options that must be the same to resume an import. */
function howOf(format: Format, syntax: CsvSyntax, { key, schema, encoding, rejects }: ImportOptions): unknown {
  return {
    format,
    key: typeof key === 'function' ? 'function' : key,
    syntax: { ...syntax, nulls: [...syntax.nulls] },
    schema: structOf(schema),
    encoding,
    rejects,
  };
}
