import { invalidType, invalidValue } from '../../base/errors.ts';
import { hexToBytes } from '../../base/hex.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { parseJson } from '../text/exact-json.ts';
import { keyFromJson } from '../text/key-json.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;
export type KeyOption = string | readonly string[] | ((record: never) => unknown);

/** A function that makes the key of a record, as the option `key` says. With `fromText`, fields are texts, as in CSV without a schema. */
export function keyMaker(option: KeyOption, codec: AnyKeyCodec, fromText: boolean): (record: unknown) => unknown {
  if (typeof option === 'function') return option as (record: unknown) => unknown;
  const names = typeof option === 'string' ? [option] : option;
  if (codec.name === 'tuple') return (record) => names.map((name) => fieldOf(record, name));
  const [name] = names;
  if (names.length !== 1 || name === undefined) {
    throw invalidValue(
      `a key of the codec '${codec.name}' is made of one field, not of ${names.length}: use the codec tuple`,
    );
  }
  return (record) => single(fieldOf(record, name), name, codec.name, fromText);
}

/** Throws `ERR_INVALID_ARG_TYPE` unless `key` is a field's name, an array of names or a function. */
export function checkKeyOption(key: unknown): asserts key is KeyOption | undefined {
  if (key === undefined || typeof key === 'string' || typeof key === 'function') return;
  if (Array.isArray(key) && key.length > 0 && key.every((name) => typeof name === 'string')) return;
  throw invalidType('key', 'the name of a field, an array of names, or a function of the record', key);
}

function fieldOf(record: unknown, name: string): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw invalidType('a record', `an object with the field '${name}' of the key`, record);
  }
  const value = Object.hasOwn(record, name) ? (record as Record<string, unknown>)[name] : undefined;
  if (value === undefined) {
    const names = Object.keys(record)
      .slice(0, 5)
      .map((each) => `'${each}'`);
    const has = Object.hasOwn(record, name) || names.length === 0 ? '' : `; the record has ${names.join(', ')}`;
    throw invalidValue(`the field '${name}', of which the key is made, is absent${has}`);
  }
  return value instanceof Date ? value.getTime() : value;
}

function single(value: unknown, name: string, codec: string, fromText: boolean): unknown {
  if (codec === 'uint32' && fromText) {
    if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
    throw invalidValue(`${name}, of which the key is made, must be a number, not ${JSON.stringify(value)}`);
  }
  if (codec === 'uint32' && typeof value === 'bigint') return Number(value);
  if (codec === 'bytes' && typeof value === 'string') {
    const bytes = hexToBytes(value);
    if (bytes !== undefined) return bytes;
    throw invalidValue(`${name}, of which the key is made, must be bytes in hexadecimal, not ${JSON.stringify(value)}`);
  }
  if (codec === 'utf8' && typeof value !== 'string') {
    throw invalidType(`${name}, of which the key is made,`, 'a string', value);
  }
  return value;
}

/**
 * The key and the value of a record `{"key": …, "value": …}`, for an import without the option `key`. In CSV the fields of the
 * value may have columns of their own beside the column `key`.
 */
export function pairOf(record: unknown, codec: AnyKeyCodec, fromText: boolean): { key: unknown; value: unknown } {
  if (typeof record === 'object' && record !== null && Object.hasOwn(record, 'key')) {
    const { key, ...rest } = record as { key: unknown; value?: unknown };
    const isPair = Object.hasOwn(rest, 'value') && Object.keys(rest).length === 1;
    if (isPair || fromText) {
      return {
        key: keyFromJson(fromText ? keyFromText(key as string, codec.name) : key, codec.name),
        value: isPair ? rest.value : rest,
      };
    }
  }
  throw invalidValue(
    'without the option `key`, a record must be {"key": …, "value": …}: name the fields of which the key is made',
  );
}

/** The JSON form of a key in a field of CSV. */
function keyFromText(text: string, codec: string): unknown {
  if (codec === 'utf8' || codec === 'bytes') return text;
  try {
    return parseJson(text, false);
  } catch (cause) {
    throw invalidValue(`the key ${text} is not JSON (the codec of the keys is ${codec}): ${(cause as Error).message}`);
  }
}
