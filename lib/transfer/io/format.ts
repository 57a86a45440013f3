import { checkChoice } from '../../base/check-arguments.ts';
import { invalidValue } from '../../base/errors.ts';

/** The format of a file of records. `'dump'` is the format of mdb_dump and mdb_load. */
export type Format = 'ndjson' | 'json' | 'csv' | 'tsv' | 'dump';

export type Compression = 'gzip' | 'zstd' | undefined;

const ENDINGS: { readonly [ending: string]: Format } = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  dump: 'dump',
};

export function compressionOf(path: string): Compression {
  if (/\.gz$/i.test(path)) return 'gzip';
  return /\.zst$/i.test(path) ? 'zstd' : undefined;
}

/** The format that is `given`, or else that of the file's name; a stream is NDJSON. `ERR_INVALID_ARG_VALUE`, `ERR_INVALID_ARG_TYPE`. */
export function formatOf(given: unknown, path: string | undefined): Format {
  checkChoice(given, 'format', ['ndjson', 'json', 'csv', 'tsv', 'dump']);
  if (given !== undefined) return given as Format;
  if (path === undefined) return 'ndjson';
  const ending = /\.([^./\\]+)$/.exec(path.replace(/\.(?:gz|zst)$/i, ''))?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
  if (format !== undefined) return format;
  throw invalidValue(
    `the name of '${path}' does not tell its format: give \`format\`, or a name that ends with ` +
      '.ndjson, .jsonl, .json, .csv, .tsv or .dump (and .gz or .zst after it)',
  );
}

/** Whether all fields of this format are texts. */
export function isText(format: Format): boolean {
  return format === 'csv' || format === 'tsv';
}
