import { types } from 'node:util';
import { checkSignal } from '../../base/abort.ts';
import { checkChoice, checkObject, checkOptionNames, checkSize } from '../../base/check-arguments.ts';
import { invalidType, invalidValue } from '../../base/errors.ts';
import type { FieldDescription } from '../../value/struct/field-description.ts';
import type { Fields } from '../../value/struct/static-types.ts';
import { rememberedStruct, type StructCodec, structOf } from '../../value/struct/struct.ts';
import { CSV_OPTIONS, type CsvOptions, checkCsvOptions, csvSyntaxOf } from '../csv/csv-syntax.ts';
import { openReader } from '../import/open-reader.ts';
import { type Format, formatOf, isText } from '../io/format.ts';
import { type ImportSource, Input, pathOf } from '../io/input.ts';
import { type Chunk, chunksOf } from '../io/input-chunks.ts';
import { Transcoder } from '../io/transcoder.ts';
import { START } from '../reader.ts';
import { atLine, type RecordError } from '../record-error.ts';
import { joinTypes, knownType, typeOfJson, typeOfText, UNKNOWN } from './infer-type.ts';
import { markInferred } from './inferred.ts';

export interface InferOptions extends CsvOptions {
  /** Default: by the file's name, or NDJSON for a stream. A dump has no fields, and is refused. */
  format?: Format;
  /** The encoding of a text that is not UTF-8, as in `importRecords`. */
  encoding?: string;
  /** A struct of the fields whose types you know. Their values are not looked at. */
  schema?: { readonly name: string; readonly description: unknown };
  /** How many records are looked at. Default 1000. */
  sample?: number;
  /** What to do about a record that cannot be read. `'stop'` (default): reject with its error. `'skip'`: leave it to the import. */
  onError?: 'stop' | 'skip';
  signal?: AbortSignal;
}

export interface Inferred {
  readonly schema: StructCodec<Fields>;
  /** What to import from instead of the source that was given. For a stream, it begins with what inferSchema has already read. */
  readonly source: ImportSource;
  /** How many records were looked at. */
  readonly rows: number;
}

const SAMPLE = 1000;

/** The type of a field in the records so far, and the line in which it was first seen. */
interface Seen {
  readonly type: FieldDescription;
  readonly line: number;
}

/** Does the work of `inferSchema`, which describes it. */
export async function inferFrom(source: ImportSource, options: InferOptions): Promise<Inferred> {
  const { encoding, sample, onError, known } = checkInferOptions(options);
  const path = pathOf(source);
  const format = formatOf(options.format, path);
  if (format === 'dump') throw invalidValue('a dump holds bytes, and tells nothing of their fields');
  const syntax = csvSyntaxOf(format, options);
  const { opened, again, close } = await openOnce(source, path, options.signal, Transcoder.of(encoding));
  const fields = new Map<string, Seen>();
  let rows = 0;
  let refused: RecordError | undefined;
  let schema: StructCodec<Fields> | undefined;
  try {
    const dump = { name: '', dupSort: false, expires: true, only: undefined };
    const reader = openReader(format, opened, START, { syntax, fields: undefined, dump });
    while (rows < sample && (await reader.fetch())) {
      reader.handOver({
        json: undefined,
        entry() {},
        record(record, line) {
          if (++rows > sample) return;
          try {
            look(record, fields, known, line, isText(format));
          } catch (error) {
            throw atLine(isOverflow(error) ? invalidValue('the record is nested too deep') : error, opened.name, line);
          }
        },
        reject(error, line) {
          if (rows >= sample) return;
          refused ??= atLine(error, opened.name, line);
          if (onError === 'stop') throw refused;
        },
      });
    }
    if (rows === 0) {
      const why = refused === undefined ? '' : ` that can be read: ${refused.message}`;
      throw invalidValue(`${opened.name} has no record to infer a schema from${why}`);
    }
    const columns = (reader.mark().columns as readonly string[] | undefined) ?? fields.keys();
    schema = schemaOf(columns, fields, known);
    if (schema === undefined) {
      throw invalidValue(`${opened.name}: its records have parts that a struct cannot have: give a schema`);
    }
  } catch (error) {
    close();
    throw error;
  }
  if (again === undefined) close();
  markInferred(
    schema,
    [...fields.keys()].filter((name) => !known.has(name)),
  );
  return {
    schema,
    source: again?.() ?? source,
    rows: Math.min(rows, sample),
  };
}

/** Checks the options of `inferSchema` and sets defaults. `known` has the fields of the option `schema`. */
function checkInferOptions(options: InferOptions): {
  encoding: string | undefined;
  sample: number;
  onError: 'stop' | 'skip';
  known: ReadonlyMap<string, FieldDescription>;
} {
  checkObject(options, 'options');
  checkOptionNames(
    options,
    ['format', 'encoding', 'schema', 'sample', 'onError', 'signal', ...CSV_OPTIONS],
    'inferSchema()',
  );
  checkCsvOptions(options);
  const { encoding, sample = SAMPLE, onError = 'stop' } = options;
  if (encoding !== undefined && typeof encoding !== 'string') throw invalidType('encoding', 'a string', encoding);
  const given = options.schema === undefined ? undefined : structOf(options.schema);
  if (options.schema !== undefined && given === undefined) throw invalidType('schema', 'a struct', options.schema);
  const known = new Map(given?.struct);
  checkChoice(onError, 'onError', ['stop', 'skip']);
  checkSize(sample, 'sample', 1, Number.MAX_SAFE_INTEGER);
  checkSignal(options.signal);
  return { encoding, sample, onError, known };
}

/** A struct of the columns and of all known fields; undefined if a struct cannot have them. */
function schemaOf(
  columns: Iterable<string>,
  fields: ReadonlyMap<string, Seen>,
  known: ReadonlyMap<string, FieldDescription>,
): StructCodec<Fields> | undefined {
  const names = new Set([...columns, ...known.keys()]);
  return rememberedStruct({
    struct: [...names].map((name) => [
      name,
      // All records so far may lack the column. Then it has no type yet.
      known.get(name) ?? { optional: knownType(fields.get(name)?.type ?? UNKNOWN) },
    ]),
  });
}

function look(
  record: unknown,
  fields: Map<string, Seen>,
  known: ReadonlyMap<string, unknown>,
  line: number,
  isText: boolean,
): void {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw invalidValue('a schema is for records that are objects');
  }
  for (const [name, value] of Object.entries(record)) {
    const { type, line: seen } = fields.get(name) ?? { type: UNKNOWN, line };
    const found = known.has(name) ? UNKNOWN : isText ? typeOfText(value as string) : typeOfJson(value, name);
    // In CSV, a column with values of several types is text.
    const isMixed = isText && type !== UNKNOWN && found !== UNKNOWN && type !== found;
    const both = isMixed ? 'utf8' : joinTypes(type, found, name, `in line ${seen}`);
    fields.set(name, { type: both, line: type === UNKNOWN ? line : seen });
  }
}

/** Whether an error is a stack overflow. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && !('code' in error);
}

interface OpenedOnce {
  readonly opened: Input;
  /** Only for a source that can be read once: returns all of it again, from its beginning. */
  readonly again: (() => AsyncIterable<Chunk>) | undefined;
  /** Closes the file. Does nothing for a stream: its owner closes it. */
  readonly close: () => void;
}

async function openOnce(
  source: ImportSource,
  path: string | undefined,
  signal: AbortSignal | undefined,
  transcoder: Transcoder | undefined,
): Promise<OpenedOnce> {
  let file: Input | undefined;
  if (path !== undefined) {
    file = await Input.open(path, signal, 0);
    // A regular file has a size. A pipe has none, and cannot be read again.
    if (file.totalBytes !== undefined) {
      file.close();
      const opened = await Input.open(path, signal, 0, transcoder);
      return { opened, again: undefined, close: () => opened.close() };
    }
  }
  const recording = new Recording(file?.chunks() ?? chunksOf(source));
  const opened = await Input.open(recording, signal, 0, transcoder);
  return { opened, again: () => recording.again(), close: () => file?.close() };
}

/** Iterates over the chunks of a stream and records them. `again` returns the recorded chunks, and then the rest of the stream. */
class Recording implements AsyncIterable<unknown> {
  readonly #chunks: AsyncIterator<unknown>;
  readonly #read: unknown[] = [];

  constructor(chunks: AsyncIterator<unknown>) {
    this.#chunks = chunks;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: async () => {
        const result = await this.#chunks.next();
        // A copy, since the stream may reuse the memory of its chunks.
        if (result.done !== true)
          this.#read.push(types.isUint8Array(result.value) ? Buffer.from(result.value) : result.value);
        return result;
      },
    };
  }

  /** Not a generator: a generator cannot be ended while it waits for a chunk. */
  again(): AsyncIterable<Chunk> {
    const chunks = this.#chunks as AsyncIterator<Chunk>;
    const read = this.#read as Chunk[];
    let at = 0;
    const iterator: AsyncIterator<Chunk> = {
      next: async () => (at < read.length ? { done: false, value: read[at++] as Chunk } : chunks.next()),
      return: async () => (await chunks.return?.()) ?? { done: true, value: undefined },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}
