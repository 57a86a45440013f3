import { invalidType, invalidValue } from '../../base/errors.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { keyCodecNamed, toKeyCodec } from '../../key/key-codecs.ts';
import { definitionIn, handleOf, rowsBehind, setRows } from '../handle.ts';
import type { Handle } from '../model.ts';
import { anyKey } from './any-key.ts';
import type { RowKeyCodec } from './row-key.ts';
import { Rows } from './rows.ts';

/**
 * The rows of a collection of a class, whose field `codec` names the codec of its keys. `any`: the one with the name 'any'. `ERR_INVALID_ARG_TYPE` for any other
 * object.
 */
export function rowsOf(collection: object, of: unknown, what: string, any: RowKeyCodec = anyKey): Rows {
  const handle = handleOf(collection);
  if (handle === undefined) throw invalidType('this', what, collection);
  const rows = rowsBehind(handle) ?? makeRows(handle, collection, of, any);
  if ((rows as Rows | undefined)?.of !== of) throw invalidType('this', what, collection);
  return rows as Rows;
}

function makeRows(
  handle: Handle,
  collection: { readonly codec?: unknown },
  of: unknown,
  any: RowKeyCodec,
): Rows | undefined {
  // Another class may have a field of that name.
  if (!definitionIn(handle).extends(of)) return undefined;
  const name = collection.codec;
  const codec = typeof name !== 'string' ? undefined : name === any.name ? any : keyCodecNamed(name);
  if (codec === undefined) return undefined;
  return setRows(handle, new Rows(handle, codec, of));
}

/** The name of a key codec that a program gives; by default that of `anyKey`. */
export function keyCodecName(options: { readonly key?: unknown } | undefined): string {
  if (options === undefined) return anyKey.name;
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  const { key, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw invalidValue(`there is no option '${unknown}': a persistent collection has 'key', a codec`);
  return key === undefined ? anyKey.name : toKeyCodec(key as KeyCodec<never, unknown>).name;
}

/** A key as paths in errors have it. */
export function shownKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}
