import type { StructDescription } from '../value/field.ts';
import { CsvReader } from './csv-reader.ts';
import { DumpReader, type DumpTarget } from './dump-reader.ts';
import type { Format } from './format.ts';
import { NdjsonReader } from './ndjson-reader.ts';
import type { Mark, RecordReader } from './reader.ts';
import type { Source } from './source.ts';

interface ReaderOptions {
  readonly columns: readonly string[] | undefined;
  readonly schema: StructDescription | undefined;
  readonly dump: DumpTarget;
}

/** What reads a format, from `mark` on. The readers that need a library load it here. */
export async function openReader(
  format: Format,
  source: Source,
  mark: Mark,
  { columns, schema, dump }: ReaderOptions,
): Promise<RecordReader> {
  switch (format) {
    case 'ndjson':
      return new NdjsonReader(source, mark, schema === undefined);
    case 'dump':
      return new DumpReader(source, mark, dump);
    default:
      return new CsvReader(await import('csv-parse'), source, mark, format, columns, schema);
  }
}
