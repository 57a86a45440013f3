import { invalidType, invalidValue } from '../../base/errors.ts';
import type { KeyCodec } from '../../key/codec.ts';
import type { Entry } from '../../read/entry.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { isPlain } from '../../value/strict-json.ts';
import { fieldsOf } from '../../value/struct/struct.ts';
import { atKey } from '../ndjson/ndjson-writer.ts';
import { KeyFields } from './key-fields.ts';

/** The fields of which an export's keys are made. False: none. Undefined: the export finds them. */
export type ExportKey = string | readonly string[] | false | undefined;

/** How many records the first pass reads between two pauses. */
const ROWS_A_PAUSE = 64;

/** What the first pass over the records of an export has found. */
export interface RecordForm {
  /** The fields of which all keys are made: records are written without keys. Undefined: each record has its key beside it. */
  readonly key: readonly string[] | undefined;
  /** Whether the user has given the fields. Then the keys have not been compared with them yet. */
  readonly isUnchecked: boolean;
  /** Whether each record has its time of expiry beside it. Then it has its key beside it, too, and CSV has no columns for fields. */
  readonly times: boolean;
  /** The names of all fields, in the order in which they first appear. Undefined if a value is not an object. */
  readonly columns: readonly string[] | undefined;
}

/** Throws `ERR_INVALID_ARG_TYPE` if `key` is not an `ExportKey`. */
export function checkExportKey(key: unknown): asserts key is ExportKey {
  if (key === undefined || key === false || typeof key === 'string') return;
  if (Array.isArray(key) && key.length > 0 && key.every((name) => typeof name === 'string')) return;
  throw invalidType('key', 'the name of a field, an array of names, or false', key);
}

/**
 * Finds the fields of the keys, unless `key` says them, and the columns of CSV, unless a schema does. Only if one of these is to be found,
 * reads the entries once. `pause` is awaited every few entries.
 */
export async function findForm(
  collection: OpenCollection,
  entries: Iterable<Entry<unknown, unknown>>,
  { key, isText, times, pause }: { key: ExportKey; isText: boolean; times: boolean; pause: () => Promise<void> },
): Promise<RecordForm> {
  if (times) return { key: undefined, isUnchecked: false, columns: undefined, times };
  const known = fieldsOf(collection.value)?.map(({ name }) => name);
  const given = typeof key === 'string' ? [key] : key;
  const fields = given === undefined ? keyFieldsOf(collection, isText) : undefined;
  const columns = isText && known === undefined ? new Set<string>() : undefined;
  let searches = fields !== undefined;
  let areObjects = true;
  let count = 0;
  if (searches || columns !== undefined) {
    for (const entry of entries) {
      const value = readValue(entry, collection.key);
      const names = known ?? namesOf(value);
      if (names === undefined) areObjects = false;
      else if (columns !== undefined) for (const name of names) columns.add(name);
      searches = searches && fields?.add(entry.key, value, names) === true;
      if (!searches && (columns === undefined || !areObjects)) break;
      if (++count % ROWS_A_PAUSE === 0) await pause();
    }
  }
  return {
    key: given === false ? undefined : (given ?? fields?.names),
    isUnchecked: given !== undefined && given !== false,
    times,
    columns: known ?? (areObjects && columns !== undefined && columns.size > 0 ? [...columns] : undefined),
  };
}

/** Returns a function that throws if the key of an entry is not made of the fields that the user has given. Undefined if no fields were given. */
export function keyCheck(
  collection: OpenCollection,
  { key, isUnchecked }: RecordForm,
  isText: boolean,
): ((entry: Entry<unknown, unknown>) => void) | undefined {
  if (key === undefined || !isUnchecked) return undefined;
  const known = fieldsOf(collection.value)?.map(({ name }) => name);
  const unknown = key.find((name) => known?.includes(name) === false);
  if (unknown !== undefined) throw invalidValue(`\`key\` names '${unknown}', which is no field of these records`);
  const fields = keyFieldsOf(collection, isText, key);
  return (entry) => {
    const { value } = entry;
    if (fields.add(entry.key, value, known ?? namesOf(value))) return;
    const shown = collection.key.text.toJson(entry.key);
    throw invalidValue(
      `the key ${shown} is not made of ${key.join(', ')}: export with \`key: false\`, which writes keys`,
    );
  };
}

function keyFieldsOf(collection: OpenCollection, isText: boolean, wanted?: readonly string[]): KeyFields {
  const isStruct = fieldsOf(collection.value) !== undefined;
  return new KeyFields(
    collection.key,
    isText && !isStruct,
    (value, name) => {
      if (isStruct) return Reflect.get(value, name);
      if (!Object.hasOwn(value, name)) return undefined;
      const field: unknown = Reflect.get(value, name);
      return isText ? textOf(field) : field;
    },
    wanted,
  );
}

/** A field as text in CSV. Undefined for a field that an import would not read back as the same text. */
function textOf(field: unknown): string | undefined {
  return typeof field === 'string' || typeof field === 'number' ? String(field) : undefined;
}

/** The names of a value's fields; undefined if the value is not a plain object: a Map or a Date has none that tell what it is. */
function namesOf(value: unknown): readonly string[] | undefined {
  return typeof value === 'object' && value !== null && isPlain(value) ? Object.keys(value) : undefined;
}

function readValue(entry: Entry<unknown, unknown>, codec: KeyCodec<never, unknown>): unknown {
  try {
    return entry.value;
  } catch (error) {
    throw atKey(error, entry.key, codec);
  }
}
