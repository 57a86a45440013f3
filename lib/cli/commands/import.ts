import { statSync } from 'node:fs';
import { LeaseholdError } from '../../base/errors.ts';
import type { CollectionOptions } from '../../environment/collection-options.ts';
import type { Environment } from '../../environment/environment.ts';
import { open } from '../../environment/open.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { keyCodecNamed } from '../../key/key-codecs.ts';
import { rememberedValueCodec } from '../../key/remembered.ts';
import { tuple } from '../../key/tuple.ts';
import type { OnDuplicate } from '../../transfer/import/duplicates.ts';
import { checkImportOptions, type ImportOptions } from '../../transfer/import/import-options.ts';
import type { ImportResult } from '../../transfer/import/import-records.ts';
import type { InferOptions, Inferred } from '../../transfer/infer/infer-schema.ts';
import { type ImportSource, readingFailed } from '../../transfer/io/input.ts';
import { importRecords, inferSchema } from '../../transfer/transfer.ts';
import type { ValueCodec } from '../../value/codec.ts';
import { json } from '../../value/json.ts';
import { type AnyCollection, checkFolder, MOST_COLLECTIONS, type Opened, openCollection } from '../database.ts';
import { asUsage, DONE, FAULT, Failure, messageOf, tell, USAGE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { noteNew } from '../new-database.ts';
import { progressLine } from '../progress-line.ts';
import { type ReadingOptions, readingOf, type SampleOptions, sampleOf } from '../reading.ts';
import { showImported } from '../result.ts';
import { readSchema } from '../schema-file.ts';

export interface ImportCommandOptions extends ReadingOptions, SampleOptions {
  key?: string[];
  keyCodec?: string;
  value?: string;
  schema?: string;
  resume?: true;
  onError?: 'stop' | 'skip';
  rejects?: string;
  onDuplicate?: OnDuplicate;
  maxMemory?: number;
  mapSize?: number;
  dupSort?: true;
  versions?: true;
  anyKeys?: true;
  expires?: true;
}

type AnyCodec = ValueCodec<never, unknown>;
type AnyOptions = CollectionOptions<never, never, unknown, unknown>;

/** `leasehold import`, the only command that makes a database or a collection. */
export function importCommand(
  path: string,
  name: string,
  source: string,
  given: ImportCommandOptions,
): Promise<number> {
  // If standard input is a socket or a terminal, /dev/stdin cannot be opened as a file.
  const isInput = source === '-' || source === '/dev/stdin';
  if (isInput && given.resume === true) {
    throw new Failure(USAGE, 'only the import of a file can be resumed, not that of standard input');
  }
  const schema = given.schema === undefined ? undefined : readSchema(given.schema);
  const reading = readingOf(given, isInput ? undefined : source);
  const sample = sampleOf(given);
  const options: ImportOptions = { ...reading };
  for (const name of ['key', 'resume', 'onError', 'rejects', 'onDuplicate'] as const) {
    if (given[name] !== undefined) Object.assign(options, { [name]: given[name] });
  }
  if (given.maxMemory !== undefined) options.maxMemoryBytes = given.maxMemory;
  asUsage(() => checkImportOptions(options));
  checkFolder(path);
  // Checked first, so that no database is made if the file is not there.
  if (!isInput) checkReadable(source);
  return interruptible(async (signal) => {
    const bar = progressLine();
    if (bar.onProgress !== undefined) options.onProgress = bar.onProgress;
    const made = noteNew(path);
    const env = asUsage(() =>
      open(path, {
        maxCollections: MOST_COLLECTIONS,
        ...(given.mapSize === undefined ? {} : { mapSize: given.mapSize }),
      }),
    );
    let failed = true;
    try {
      const input = {
        source: isInput ? process.stdin : source,
        reading,
        sample,
        schema,
        key: given.keyCodec === undefined ? undefined : keyCodecNamed(given.keyCodec),
        value: given.value === undefined ? undefined : rememberedValueCodec(given.value),
        keyed: given.key !== undefined,
        skips: given.onError === 'skip' || given.rejects !== undefined,
        made: {
          dupSort: given.dupSort === true,
          versions: given.versions === true,
          ...(given.anyKeys === true && { keys: 'any' as const }),
          ...(given.expires === true && { expires: true as const }),
        },
        signal,
      };
      const target = await targetFor(env, name, input);
      if (target.schema !== undefined) options.schema = target.schema;
      const result = await imported(target, { ...options, signal });
      bar.stop();
      for (const error of result.errors ?? []) tell(messageOf(error));
      failed = false;
      await showImported(result);
      return result.rows === 0 && result.rejected > 0 ? FAULT : DONE;
    } finally {
      bar.stop();
      if (failed) made.removeIfEmpty(env);
      else env.close();
      // Input that nobody reads would keep the process alive.
      if (isInput) process.stdin.destroy();
    }
  });
}

interface Input {
  source: ImportSource;
  reading: ReturnType<typeof readingOf>;
  sample: ReturnType<typeof sampleOf>;
  schema: AnyCodec | undefined;
  /** The codecs that the options name. */
  key: KeyCodec<never, unknown> | undefined;
  value: AnyCodec | undefined;
  /** Whether keys are made of fields. */
  keyed: boolean;
  /** Whether to leave out records that cannot be stored. */
  skips: boolean;
  /** What a new collection is made with. */
  made: { dupSort: boolean; versions: boolean; keys?: 'any'; expires?: true };
  signal: AbortSignal;
}

interface Target extends Pick<Input, 'source' | 'schema'> {
  collection: AnyCollection;
  /** Whether the command has made it. */
  isNew: boolean;
}

/** Imports. If that fails and a new collection is empty, drops the collection, so that the user can try another schema. */
async function imported({ collection, source, isNew }: Target, options: ImportOptions): Promise<ImportResult> {
  try {
    return await importRecords(collection, source, options);
  } catch (error) {
    if (isNew && collection.count() === 0) {
      collection.drop();
      const isOfRecord = error instanceof Error && 'line' in error;
      if (isOfRecord && options.key === undefined && options.format !== 'dump') {
        error.message +=
          '. --key-codec and --value give the codecs of a new collection; without them they are tuple and json';
      }
    }
    throw error;
  }
}

/** `ENOENT`, `EACCES`, … */
function checkReadable(path: string): void {
  try {
    statSync(path);
  } catch (error) {
    throw readingFailed(`'${path}'`, error);
  }
}

/**
 * The collection of that name, which is made if it is absent. If the options name no codecs, a new collection has tuples as keys. Its
 * values are structs, of the fields in the schema or in a sample of the records; or JSON, if each record is a key and a value.
 */
async function targetFor(env: Environment, name: string, input: Input): Promise<Target> {
  const { source, reading, schema, keyed, made } = input;
  const id = name === '' ? null : name;
  const asked = {
    ...(input.key && { key: input.key }),
    ...((schema ?? input.value) && { value: schema ?? input.value }),
  };
  try {
    const collection =
      Object.keys(asked).length === 0
        ? readable(openCollection(env, name))
        : (env.collection(id, { ...asked, create: false } as AnyOptions) as unknown as AnyCollection);
    if (input.sample.schema !== undefined) {
      throw new Failure(USAGE, `--type is for new collections, but '${name}' is there already`);
    }
    return { collection, source, schema, isNew: false };
  } catch (error) {
    if (!(error instanceof LeaseholdError) || error.code !== 'ERR_NO_COLLECTION') throw error;
  }
  // A dump contains the bytes of its keys.
  if (reading.format === 'dump') {
    const collection = asUsage(() =>
      env.collection(id, { ...asked, ...made } as AnyOptions),
    ) as unknown as AnyCollection;
    return { collection, source, schema, isNew: true };
  }
  const inferred = asked.value === undefined && keyed ? await infer(input) : undefined;
  const value = asked.value ?? (inferred?.schema as AnyCodec | undefined) ?? (json as AnyCodec);
  if (inferred !== undefined && process.stderr.isTTY) {
    const { struct } = inferred.schema.description;
    tell(`the schema, of ${inferred.rows} records: ${JSON.stringify(Object.fromEntries(struct))}`);
  }
  const codecs = { key: tuple, ...asked, value, ...made } as AnyOptions;
  const collection = asUsage(() => env.collection(id, codecs)) as unknown as AnyCollection;
  return { collection, source: inferred?.source ?? source, schema, isNew: true };
}

async function infer({ source, reading, sample, skips, signal }: Input): Promise<Inferred> {
  const options: InferOptions = { ...reading, ...sample, onError: skips ? 'skip' : 'stop', signal };
  try {
    return await inferSchema(source, options);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_ARG_VALUE') {
      error.message += '. Give the types of the fields with --schema, or store records as they are with --value json';
    }
    throw error;
  }
}

function readable({ collection, unread }: Opened): AnyCollection {
  if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
  return collection;
}
