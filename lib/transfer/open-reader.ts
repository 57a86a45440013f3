import type { StructDescription } from '../value/schema.ts';
import type { Format } from './format.ts';
import { NdjsonReader } from './ndjson-reader.ts';
import type { Mark, RecordReader } from './reader.ts';
import type { Source } from './source.ts';

export interface ReaderOptions {
  readonly columns: readonly string[] | undefined;
  readonly schema: StructDescription | undefined;
}

/** What reads a format, from `mark` on. The readers that need a library load it here. */
export async function openReader(
  format: Format,
  source: Source,
  mark: Mark,
  { columns, schema }: ReaderOptions,
): Promise<RecordReader> {
  switch (format) {
    case 'ndjson':
      return new NdjsonReader(source, mark, schema === undefined);
    case 'dump':
      throw new Error('not yet');
    default: {
      const { CsvReader } = await import('./csv-reader.ts');
      return new CsvReader(source, mark, format, columns, schema);
    }
  }
}
