import { accessSync, readFileSync } from 'node:fs';
import { LeaseholdError } from '../errors.ts';
import type { KeyCodec } from '../key/codec.ts';
import { tuple } from '../key/tuple.ts';
import { type Environment, open } from '../store/environment.ts';
import { aborted } from '../transfer/abort.ts';
import { type Format, formatOf } from '../transfer/format.ts';
import { importRecords } from '../transfer/import-records.ts';
import type { ImportOptions } from '../transfer/import-options.ts';
import { type Inferred, inferSchema } from '../transfer/infer-schema.ts';
import type { ImportSource } from '../transfer/source.ts';
import type { ValueCodec } from '../value/codec.ts';
import { json } from '../value/json.ts';
import { rememberedValueCodec } from '../value/remembered.ts';
import { progressBar } from './bar.ts';
import { type AnyCollection, type Opened, openCollection } from './database.ts';
import { asUsage, DONE, Failure, FAULT, tell, USAGE } from './failure.ts';
import { interruptible } from './interrupt.ts';
import { showResult } from './result.ts';

export interface ImportCommandOptions {
  key?: string[];
  format?: Format;
  schema?: string;
  onError?: string;
}

type AnyCodec = ValueCodec<never, unknown>;

/** `leasehold import`: the only command that makes a database, or a collection. */
export function importCommand(
  path: string,
  name: string,
  source: string,
  given: ImportCommandOptions,
): Promise<number> {
  const isInput = source === '-';
  const schema = given.schema === undefined ? undefined : readSchema(given.schema);
  const format = asUsage(() => formatOf(given.format, isInput ? undefined : source));
  const options: ImportOptions = { format };
  if (given.key !== undefined) options.key = given.key;
  if (given.onError !== undefined) options.onError = given.onError;
  // No database is made for a file that is not there.
  if (!isInput) accessSync(source);
  return interruptible(async (signal) => {
    const bar = progressBar();
    if (bar.onProgress !== undefined) options.onProgress = bar.onProgress;
    const env = open(path);
    try {
      const input = {
        source: isInput ? process.stdin : source,
        format,
        schema,
        keyed: given.key !== undefined,
        signal,
      };
      const target = await targetFor(env, name, input);
      if (target.schema !== undefined) options.schema = target.schema;
      const result = await importRecords(target.collection, target.source, { ...options, signal });
      bar.stop();
      for (const { message } of result.errors ?? []) tell(message);
      await showResult('imported', result);
      return DONE;
    } finally {
      bar.stop();
      env.close();
      // What is not read would keep the process.
      if (isInput) process.stdin.destroy();
    }
  });
}

interface Input {
  source: ImportSource;
  format: Format;
  schema: AnyCodec | undefined;
  /** Whether keys are made of fields. */
  keyed: boolean;
  signal: AbortSignal;
}

interface Target extends Pick<Input, 'source' | 'schema'> {
  collection: AnyCollection;
}

/**
 * The collection of that name, made if it is absent: its keys are tuples, its values structs by the schema or by what a
 * sample of the records says; JSON for records that are a key and a value.
 */
async function targetFor(env: Environment, name: string, input: Input): Promise<Target> {
  const { source, format, schema, keyed } = input;
  const id = name === '' ? null : name;
  try {
    const collection =
      schema === undefined
        ? readable(openCollection(env, name))
        : (env.collection(id, { value: schema, create: false }) as unknown as AnyCollection);
    return { collection, source, schema };
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_NO_COLLECTION') throw error;
  }
  // A dump has the bytes of its keys.
  if (format === 'dump') return { collection: env.collection(id) as unknown as AnyCollection, source, schema };
  const inferred = schema === undefined && keyed ? await infer(input) : undefined;
  const value = schema ?? (inferred?.schema as AnyCodec | undefined) ?? (json as AnyCodec);
  if (inferred !== undefined && process.stderr.isTTY) {
    const { struct } = inferred.schema.description;
    tell(`the schema, of ${inferred.rows} records: ${JSON.stringify(Object.fromEntries(struct))}`);
  }
  const key = tuple as unknown as KeyCodec<never, unknown>;
  const collection = env.collection(id, { key, value }) as unknown as AnyCollection;
  return { collection, source: inferred?.source ?? source, schema };
}

/** An input that gives nothing would be waited for, whatever was typed. */
async function infer({ source, format, signal }: Input): Promise<Inferred> {
  const stop = (): void => void process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    return await inferSchema(source, { format });
  } catch (error) {
    throw signal.aborted ? aborted(signal) : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function readable({ collection, unread }: Opened): AnyCollection {
  if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
  return collection;
}

/** A struct from a file: `{"id": "u32", "name": "utf8", "note": {"optional": "utf8"}}`. */
function readSchema(path: string): AnyCodec {
  const text = readFileSync(path, 'utf8');
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    throw new Failure(USAGE, `the schema '${path}' is not JSON: ${(error as Error).message}`);
  }
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
    const codec = rememberedValueCodec({ struct: Object.entries(fields) });
    if (codec !== undefined) return codec;
  }
  throw new Failure(
    USAGE,
    `the schema '${path}' must be a JSON object of field names and types, as {"id": "u32", "note": {"optional": "utf8"}}`,
  );
}
