import { invalidType, invalidValue } from '../../base/errors.ts';
import type { KeyCodec } from '../../key/codec.ts';
import { keyCodecNamed, toKeyCodec } from '../../key/key-codecs.ts';
import { handleOf } from '../handle.ts';
import { Rows } from './rows.ts';

/** The rows of a persistent collection, whose field `codec` names the codec of its keys. `ERR_INVALID_ARG_TYPE` for any other object. */
export function rowsOf(collection: object, what: string): Rows {
  const handle = handleOf(collection);
  if (handle === undefined) throw invalidType('this', what, collection);
  if (handle.rows === undefined) {
    const name = (collection as { codec?: unknown }).codec;
    const codec = typeof name === 'string' ? keyCodecNamed(name) : undefined;
    if (codec === undefined) throw invalidType('this', what, collection);
    handle.rows = new Rows(handle, codec);
  }
  return handle.rows as Rows;
}

/** The name of a key codec that a program gives; by default `tuple`. */
export function keyCodecName(options: { readonly key?: KeyCodec<never, unknown> } | undefined): string {
  if (options === undefined) return 'tuple';
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  const { key, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw invalidValue(`there is no option '${unknown}': a persistent collection has 'key', a codec`);
  return key === undefined ? 'tuple' : toKeyCodec(key).name;
}
