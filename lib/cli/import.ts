import { accessSync, readFileSync } from 'node:fs';
import { LeaseholdError } from '../errors.ts';
import type { KeyCodec } from '../key/codec.ts';
import { tuple } from '../key/tuple.ts';
import { type Environment, open } from '../store/environment.ts';
import { type Format, formatOf } from '../transfer/format.ts';
import { importRecords } from '../transfer/import-records.ts';
import type { ImportOptions } from '../transfer/import-options.ts';
import type { ValueCodec } from '../value/codec.ts';
import { json } from '../value/json.ts';
import { rememberedValueCodec } from '../value/remembered.ts';
import { progressBar } from './bar.ts';
import { type AnyCollection, openCollection } from './database.ts';
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
  const options: ImportOptions = { format: asUsage(() => formatOf(given.format, isInput ? undefined : source)) };
  if (given.key !== undefined) options.key = given.key;
  if (schema !== undefined) options.schema = schema;
  if (given.onError !== undefined) options.onError = given.onError;
  // No database is made for a file that is not there.
  if (!isInput) accessSync(source);
  return interruptible(async (signal) => {
    const bar = progressBar();
    if (bar.onProgress !== undefined) options.onProgress = bar.onProgress;
    const env = open(path);
    try {
      const collection = collectionFor(env, name, schema, options.format);
      const result = await importRecords(collection, isInput ? process.stdin : source, { ...options, signal });
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

/** The collection of that name, made if it is absent: keys as tuples, values by the schema or else as JSON. */
function collectionFor(env: Environment, name: string, schema: AnyCodec | undefined, format?: Format): AnyCollection {
  const id = name === '' ? null : name;
  try {
    if (schema !== undefined) return env.collection(id, { value: schema, create: false }) as unknown as AnyCollection;
    const { collection, unread } = openCollection(env, name);
    if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
    return collection;
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_NO_COLLECTION') throw error;
  }
  // A dump has the bytes of its keys.
  if (format === 'dump') return env.collection(id) as unknown as AnyCollection;
  const key = tuple as unknown as KeyCodec<never, unknown>;
  return env.collection(id, { key, value: schema ?? (json as AnyCodec) }) as unknown as AnyCollection;
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
