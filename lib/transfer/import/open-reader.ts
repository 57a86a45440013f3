import type { Field } from '../../value/struct/schema.ts';
import { CsvReader } from '../csv/csv-reader.ts';
import type { CsvSyntax } from '../csv/csv-syntax.ts';
import { DumpReader, type DumpTarget } from '../dump/dump-reader.ts';
import type { Format } from '../io/format.ts';
import type { Input } from '../io/input.ts';
import { JsonReader } from '../ndjson/json-reader.ts';
import { NdjsonReader } from '../ndjson/ndjson-reader.ts';
import type { Mark, RecordReader } from '../reader.ts';

interface ReaderOptions {
  /** For CSV and TSV. */
  readonly syntax: CsvSyntax;
  /** The fields of the records, where their types are known. */
  readonly fields: readonly Field[] | undefined;
  readonly dump: DumpTarget;
}

/** A reader of a format that begins at `mark`. */
export function openReader(
  format: Format,
  input: Input,
  mark: Mark,
  { syntax, fields, dump }: ReaderOptions,
): RecordReader {
  switch (format) {
    case 'ndjson':
      return new NdjsonReader(input, mark, fields === undefined);
    case 'json':
      return new JsonReader(input, mark, fields === undefined);
    case 'dump':
      return new DumpReader(input, mark, dump);
    default:
      return new CsvReader(input, mark, syntax, fields);
  }
}
