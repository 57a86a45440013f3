import { checkOptionNames, invalidType, invalidValue } from '../../base/errors.ts';
import { checkChoice, checkObject, checkSize } from '../../transaction/options.ts';
import { isOwnValueCodec } from '../../value/own-codecs.ts';
import type { StructDescription } from '../../value/struct/field-description.ts';
import { CSV_OPTIONS, type CsvOptions, checkCsvOptions } from '../csv/csv-syntax.ts';
import { checkSignal } from '../io/abort.ts';
import type { Format } from '../io/format.ts';
import { checkReport, type TransferProgress } from '../io/progress.ts';
import { checkOnDuplicate, type OnDuplicate } from './duplicates.ts';
import { checkKeyOption, type KeyOption } from './key-of.ts';

/** How `importRecords` reads a source. */
export interface ImportOptions extends CsvOptions {
  /** By the file's name if not given; a stream is NDJSON. */
  format?: Format;
  /**
   * Of what keys are made: a field's name, several names for a tuple, or a function of the record. Without it, records are
   * `{"key": …, "value": …}`. A dump has keys of its own.
   */
  key?: KeyOption;
  /**
   * What types fields have, as a struct; that of the collection if not given. Without any, fields are taken as they come:
   * texts, in CSV. `inferSchema` makes one from a sample.
   */
  schema?: { readonly name: string; readonly description: unknown };
  /**
   * The encoding of a text that is not UTF-8, by its name in the WHATWG's standard: `'utf-16le'`, `'windows-1252'`, `'shift_jis'`, …
   */
  encoding?: string;
  /** Go on with an import of the same file that was interrupted. Default false: from the beginning. */
  resume?: boolean;
  /**
   * What to do about a record that cannot be imported. `'stop'`: reject with its error, the default unless there are `rejects`.
   * `'skip'`: leave it out.
   */
  onError?: 'stop' | 'skip';
  /** The path of a file that takes the records that are left out, as NDJSON. */
  rejects?: string;
  /**
   * What to do about a record whose key is there already, from another record or from before. `'replace'` (default): it replaces that
   * one. `'ignore'`: it is left out. `'error'`: the import ends with `ERR_INVALID_ARG_VALUE`. With `dupSort`, of a pair that is there.
   */
  onDuplicate?: OnDuplicate;
  /** About how many bytes of memory the import may take, from 4 MiB on; what is sorted beyond that goes through files. Default 256 MiB. */
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
    throw invalidValue("rejects is the file of the records that are left out, and with onError: 'stop' there are none");
  }
  checkOnDuplicate(onDuplicate);
  checkSize(maxMemoryBytes, 'maxMemoryBytes', LEAST_MEMORY, Number.MAX_SAFE_INTEGER);
  checkSignal(signal);
  checkReport(onProgress);
}

/** The fields that a codec's records have, undefined for a codec other than a struct. */
export function structOf(codec: unknown): StructDescription | undefined {
  if (typeof codec !== 'object' || codec === null || !isOwnValueCodec(codec)) return undefined;
  return codec.name === 'struct' ? (codec.description as StructDescription) : undefined;
}
