import type { StructDescription } from '../../value/struct/field-description.ts';
import { CsvReader } from '../csv/csv-reader.ts';
import type { CsvSyntax } from '../csv/csv-syntax.ts';
import { DumpReader, type DumpTarget } from '../dump/dump-reader.ts';
import type { Format } from '../io/format.ts';
import type { Source } from '../io/source.ts';
import { JsonReader } from '../ndjson/json-reader.ts';
import { NdjsonReader } from '../ndjson/ndjson-reader.ts';
import type { Mark, RecordReader } from '../reader.ts';

interface ReaderOptions {
  /** For CSV and TSV. */
  readonly syntax: CsvSyntax;
  readonly schema: StructDescription | undefined;
  readonly dump: DumpTarget;
}

/** A reader of a format that begins at `mark`. */
export function openReader(
  format: Format,
  source: Source,
  mark: Mark,
  { syntax, schema, dump }: ReaderOptions,
): RecordReader {
  switch (format) {
    case 'ndjson':
      return new NdjsonReader(source, mark, schema === undefined);
    case 'json':
      return new JsonReader(source, mark, schema === undefined);
    case 'dump':
      return new DumpReader(source, mark, dump);
    default:
      return new CsvReader(source, mark, syntax, schema);
  }
}
