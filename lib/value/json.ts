import { invalidType, LeaseholdError, withField } from '../base/errors.ts';
import { checkForJson } from '../base/exact-json.ts';
import { isPromise } from '../base/platform.ts';
import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import type { ValueCodec } from './codec.ts';
import { objectText } from './object-text.ts';
import { acceptSame, ownValueCodec } from './own-codecs.ts';
import { readString, writeString } from './utf8.ts';

const { parse, stringify } = JSON;

/** What JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/**
 * Anything that `JSON.stringify` takes. It is stored as its text, and parsed when it is read. A value that cannot be written (undefined, a
 * function, a bigint, a cycle), and a promise, is `ERR_INVALID_ARG_TYPE`. An error of a `toJSON` is thrown as it is.
 */
export const json: ValueCodec<unknown, JsonValue> = ownValueCodec({
  name: 'json',
  description: 'json',
  aims: false,
  ordered: false,
  objects: true,
  text: { ...objectText, explain: checkForJson },
  write(value: unknown, writer: Writer): undefined {
    // JSON.stringify would make {} of it.
    const text = isPromise(value) ? undefined : toText(value);
    if (text === undefined) throw invalidType('a json value', 'something that JSON can hold', value);
    writeString(writer, text, 'a json value');
  },
  view(lease: Lease, at: number): JsonValue {
    const text = readString(lease, at);
    try {
      return parse(text);
    } catch (cause) {
      throw new LeaseholdError('ERR_CODEC', `the stored value is not JSON: ${(cause as Error).message}`, { cause });
    }
  },
  accept: acceptSame('json'),
});

/** `json`, with a static type for its values. Nothing checks that what is stored has this type. */
export function jsonOf<T>(): ValueCodec<T, T> {
  return json as ValueCodec<unknown, unknown> as ValueCodec<T, T>;
}

function toText(value: unknown): string | undefined {
  try {
    return stringify(value);
  } catch (cause) {
    // If the engine itself refuses a value (a bigint, a cycle, too deep), it throws a TypeError or RangeError without a code.
    if (cause instanceof RangeError && !('code' in cause)) {
      throw new LeaseholdError('ERR_INVALID_ARG_VALUE', `a json value cannot be written: ${cause.message}`, { cause });
    }
    if (!(cause instanceof TypeError) || 'code' in cause) throw cause;
    const error = new TypeError(`a json value cannot be written: ${cause.message}`, { cause });
    throw withField(error, 'code', 'ERR_INVALID_ARG_TYPE');
  }
}
