import { aborted, checkSignal } from '../../base/abort.ts';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import type { EntrySource } from '../../read/entry-source.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { OpenRead } from '../../transaction/open-read.ts';
import { mayHaveTimes } from '../../versions/expiry-index.ts';
import { CsvWriter } from '../csv/csv-writer.ts';
import { DumpWriter } from '../dump/dump-writer.ts';
import type { TransferResult } from '../import/import-records.ts';
import { type Format, formatOf, isText } from '../io/format.ts';
import { pathOf } from '../io/input.ts';
import { checkReport, Pace, type TransferProgress } from '../io/progress.ts';
import { type ExportTarget, type Failure, Target } from '../io/target.ts';
import { JsonWriter } from '../ndjson/json-writer.ts';
import { NdjsonWriter } from '../ndjson/ndjson-writer.ts';
import { ExportedEntries } from './exported-entries.ts';
import { checkExportKey, type ExportKey, findForm, keyCheck, type RecordForm } from './record-form.ts';
import type { RecordWriter } from './record-writer.ts';

export interface ExportOptions {
  /** Default: by the file's name, or NDJSON for a stream. */
  format?: Format;
  /**
   * The fields of which all keys are made, as in the option `key` of an import. Records are then written without their keys. False: each
   * record has its key beside it. Default: the export reads the whole range once before it writes, to find such fields. Not used for a
   * dump, which always has the keys. If values have times of expiry, the default is false, and each record has its time beside it, too; records
   * without keys have no times.
   */
  key?: ExportKey;
  signal?: AbortSignal;
  /** Called a few times a second, and at the end. */
  onProgress?: (progress: TransferProgress) => void;
}

/** What an export did. */
export interface ExportResult extends TransferResult {
  /** The fields of which the keys are made: the option `key` for an import. Absent if each record has its key beside it, and for a dump. */
  key?: string[];
}

/** How many characters are collected before they are written. */
const WRITE_SIZE = 64 * 1024;

/**
 * Does the work of `exportRecords`, which describes it. `own` is the transaction for a range that has none; this function may end it.
 * `failure` holds the error of a target that has failed since the call.
 */
export async function exportEntries(
  source: EntrySource,
  own: OpenRead | undefined,
  target: ExportTarget,
  options: ExportOptions,
  failure: Failure | undefined,
): Promise<ExportResult> {
  checkObject(options, 'options');
  checkOptionNames(options, ['format', 'key', 'signal', 'onProgress'], 'exportRecords()');
  const { signal } = options;
  checkExportKey(options.key);
  checkSignal(signal);
  checkReport(options.onProgress);
  const format = formatOf(options.format, pathOf(target));
  if (signal?.aborted === true) throw aborted(signal);
  const opened = await Target.open(target, signal, failure);
  try {
    return await run(source, own, opened, format, options);
  } finally {
    await opened.close();
  }
}

async function run(
  source: EntrySource,
  own: OpenRead | undefined,
  target: Target,
  format: Format,
  { key, onProgress, signal }: ExportOptions,
): Promise<ExportResult> {
  const pace = new Pace(onProgress, undefined);
  const transaction = source.rangeState.transaction ?? (own as OpenRead);
  const entries = new ExportedEntries(source, transaction, format === 'dump');
  const { collection } = entries;
  const pause = async (): Promise<void> => {
    if (signal?.aborted === true) throw aborted(signal);
    await pace.step(0, 0);
  };
  const toText = isText(format);
  const isDump = format === 'dump';
  const hasTimes = !source.maps && mayHaveTimes(collection, transaction);
  const times = hasTimes && (isDump || key === undefined || key === false);
  const form: RecordForm = isDump
    ? { key: undefined, isUnchecked: false, columns: undefined, times }
    : await findForm(collection, entries.ahead(), { key, isText: toText, times, pause });
  const check = keyCheck(collection, form, toText);
  const writer = await writerOf(format, collection, form);
  let rows = 0;
  for (const entry of entries) {
    rows++;
    check?.(entry);
    if (writer.add(entry) < WRITE_SIZE) continue;
    await target.write(Buffer.from(writer.take()));
    await pace.step(rows, target.bytes);
  }
  own?.end();
  await target.write(Buffer.from(writer.take() + writer.end()));
  await target.finish();
  pace.report(rows, target.bytes);
  const result: ExportResult = { rows, bytes: target.bytes, rejected: 0, seconds: pace.seconds };
  if (form.key !== undefined) result.key = [...form.key];
  return result;
}

/** Makes the writer of a format, and loads the libraries that the format needs. */
async function writerOf(format: Format, collection: OpenCollection, form: RecordForm): Promise<RecordWriter> {
  switch (format) {
    case 'ndjson':
      return new NdjsonWriter(collection, form.key === undefined, form.times);
    case 'json':
      return new JsonWriter(collection, form.key === undefined, form.times);
    case 'dump':
      return new DumpWriter(collection, form.times);
    default:
      return CsvWriter.of(collection, format, form);
  }
}
