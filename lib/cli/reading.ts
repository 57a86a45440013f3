import { type CsvOptions, checkCsvOptions, csvSyntaxOf } from '../transfer/csv/csv-syntax.ts';
import type { InferOptions } from '../transfer/infer/infer-schema.ts';
import { type Format, formatOf } from '../transfer/io/format.ts';
import { Transcoder } from '../transfer/io/transcoder.ts';
import { asUsage } from './failure.ts';
import { typesFrom } from './schema-file.ts';

/** The options that say how a file is written. */
export interface ReadingOptions {
  format?: Format;
  columns?: string[];
  header?: boolean;
  delimiter?: string;
  quote?: string | false;
  null?: string[];
  comment?: string;
  skip?: number;
  encoding?: string;
}

/** The options that say how a schema is made of a file. */
export interface SampleOptions {
  sample?: number;
  type?: string[];
}

const NAMES = ['columns', 'header', 'delimiter', 'quote', 'null', 'comment', 'skip', 'encoding'] as const;

/** The library's options of the same meaning. `path` is undefined for standard input. */
export function readingOf(
  given: ReadingOptions,
  path: string | undefined,
): CsvOptions & { format: Format; encoding?: string } {
  const options = { format: asUsage(() => formatOf(given.format, path)) };
  for (const name of NAMES) if (given[name] !== undefined) Object.assign(options, { [name]: given[name] });
  asUsage(() => {
    checkCsvOptions(options);
    csvSyntaxOf(options.format, options);
    Transcoder.of(given.encoding);
  });
  return options;
}

/** The options of `inferSchema`. */
export function sampleOf({ sample, type }: SampleOptions): Pick<InferOptions, 'sample' | 'schema'> {
  return { ...(sample !== undefined && { sample }), ...(type !== undefined && { schema: typesFrom(type) }) };
}
