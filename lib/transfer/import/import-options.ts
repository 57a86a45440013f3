import { checkSignal } from '../../base/abort.ts';
import { checkChoice, checkObject, checkOptionNames, checkSize } from '../../base/check-arguments.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import { structOf } from '../../value/struct/struct.ts';
import { CSV_OPTIONS, type CsvOptions, checkCsvOptions } from '../csv/csv-syntax.ts';
import type { Format } from '../io/format.ts';
import { checkReport, type TransferProgress } from '../io/progress.ts';
import { checkOnDuplicate, type OnDuplicate } from './duplicates.ts';
import { checkKeyOption, type KeyOption } from './key-of.ts';

/** How `importRecords` reads a source. */
export interface ImportOptions extends CsvOptions {
  /** Default: by the file's name; NDJSON for a stream. */
  format?: Format;
  /**
   * What the key of a record is made of: a field's name, several names for a tuple, or a function of the record. Without it, each record must
   * be `{"key": …, "value": …}`. A dump contains its keys.
   */
  key?: KeyOption;
  /**
   * The types of the fields, as a struct. Default: the collection's struct. Without either, fields have the types that they have in the
   * file; in CSV all are texts. `inferSchema` makes a struct from a sample.
   */
  schema?: { readonly name: string; readonly description: unknown };
  /**
   * The encoding of a text that is not UTF-8, by its name in the WHATWG's standard: `'utf-16le'`, `'windows-1252'`, `'shift_jis'`, …
   */
  encoding?: string;
  /** Whether to go on with an interrupted import of the same file. Default false. */
  resume?: boolean;
  /**
   * What to do with a record that cannot be stored. `'stop'` (default, unless `rejects` is given): the import fails with its error.
   * `'skip'`: leave it out.
   */
  onError?: 'stop' | 'skip';
  /** The path of a file. Records that cannot be stored are left out, and written to it as NDJSON. */
  rejects?: string;
  /**
   * What to do with a record whose key (with `dupSort`: whose pair of key and value) is there already, from another record or from before.
   * `'replace'` (default): it replaces the old one. `'ignore'`: it is left out. `'error'`: the import ends with `ERR_INVALID_ARG_VALUE`.
   */
  onDuplicate?: OnDuplicate;
  /** How many bytes of memory to use, roughly; at least 4 MiB. Sorting goes through files beyond that. Default 256 MiB. */
  maxMemoryBytes?: number;
  signal?: AbortSignal;
  /** Called a few times a second, and at the end. */
  onProgress?: (progress: TransferProgress) => void;
}

const NAMES = [
  'format',
  'key',
  'schema',
  'encoding',
  'resume',
  'onError',
  'rejects',
  'onDuplicate',
  'maxMemoryBytes',
  'signal',
  'onProgress',
  ...CSV_OPTIONS,
];
const LEAST_MEMORY = 4 * 1024 * 1024;
export const DEFAULT_MEMORY: number = 256 * 1024 * 1024;

/** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`. */
export function checkImportOptions(options: unknown): asserts options is ImportOptions {
  checkObject(options, 'options');
  checkOptionNames(options, NAMES, 'importRecords()');
  const { key, schema, encoding, resume, onError, rejects, onDuplicate, maxMemoryBytes, signal, onProgress } =
    options as Record<string, unknown>;
  checkKeyOption(key);
  checkCsvOptions(options);
  if (schema !== undefined && structOf(schema) === undefined) throw invalidType('schema', 'a struct', schema);
  if (encoding !== undefined && typeof encoding !== 'string') throw invalidType('encoding', 'a string', encoding);
  if (resume !== undefined && typeof resume !== 'boolean') throw invalidType('resume', 'a boolean', resume);
  checkChoice(onError, 'onError', ['stop', 'skip']);
  if (rejects !== undefined && typeof rejects !== 'string') throw invalidType('rejects', 'a path', rejects);
  if (rejects !== undefined && onError === 'stop') {
    throw invalidValue(
      "rejects is a file for the records that are left out; with onError: 'stop' no record is left out",
    );
  }
  checkOnDuplicate(onDuplicate);
  checkSize(maxMemoryBytes, 'maxMemoryBytes', LEAST_MEMORY, Number.MAX_SAFE_INTEGER);
  checkSignal(signal);
  checkReport(onProgress);
}
