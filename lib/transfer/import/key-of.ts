import { invalidType, invalidValue } from '../../base/errors.ts';
import type { KeyCodec } from '../../key/codec.ts';

type AnyKeyCodec = KeyCodec<never, unknown>;
export type KeyOption = string | readonly string[] | ((record: never) => unknown);

/** A function that makes the key of a record, as the option `key` says. With `fromText`, fields are texts, as in CSV without a schema. */
export function keyMaker(option: KeyOption, codec: AnyKeyCodec, fromText: boolean): (record: unknown) => unknown {
  if (typeof option === 'function') return option as (record: unknown) => unknown;
  const names = typeof option === 'string' ? [option] : option;
  if (codec.skipElement !== undefined) return (record) => names.map((name) => fieldOf(record, name));
  const [name] = names;
  if (names.length !== 1 || name === undefined) {
    throw invalidValue(
      `a key of the codec '${codec.name}' is made of one field, not of ${names.length}: use the codec tuple`,
    );
  }
  return (record) => codec.text.fromField(fieldOf(record, name), name, fromText);
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

/**
 * The key and the value of a record `{"key": …, "value": …}`, for an import without the option `key`. In CSV the fields of the
 * value may have columns of their own beside the column `key`. If the values of the collection `expire`, the record may have the time of its
 * value, too: `{"key": …, "expires": …, "value": …}`, in ms since 1970, 0 for a value that stays.
 */
export function pairOf(
  record: unknown,
  { text }: AnyKeyCodec,
  fromText: boolean,
  expire: boolean,
): { key: unknown; value: unknown; time: number | undefined } {
  if (typeof record === 'object' && record !== null && Object.hasOwn(record, 'key')) {
    const { key, ...rest } = record as { key: unknown; value?: unknown };
    const hasTime = Object.hasOwn(rest, 'value') && Object.hasOwn(rest, 'expires') && Object.keys(rest).length === 2;
    const isPair = (hasTime && expire) || (Object.hasOwn(rest, 'value') && Object.keys(rest).length === 1);
    if (hasTime && !expire && !fromText) {
      throw invalidValue('the record has a time of expiry: import it into a collection made with `expires: true`');
    }
    if (isPair || fromText) {
      return {
        time: hasTime && expire ? timeOfRecord((rest as { expires?: unknown }).expires, fromText) : undefined,
        key: fromText ? text.fromCell(key as string, 'key') : text.fromJson(key, 'key'),
        value: isPair ? rest.value : rest,
      };
    }
  }
  throw invalidValue(
    'without the option `key`, a record must be {"key": …, "value": …}: name the fields of which the key is made',
  );
}

function timeOfRecord(expires: unknown, fromText: boolean): number {
  const time = fromText && typeof expires === 'string' && /^\d+$/.test(expires) ? Number(expires) : expires;
  if (typeof time === 'number') return time;
  throw invalidType('`expires` of a record', 'a number of ms since 1970, or 0 for a value that stays', expires);
}
