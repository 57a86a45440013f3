import { checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, LeaseholdError } from '../base/errors.ts';
import { isUint8Array, weakMapGet, weakMapSet } from '../base/primordials.ts';
import type { Foreign, Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import { toBytes } from '../lease/sink.ts';
import { writeArray } from './bytes.ts';
import type { ValueCodec } from './codec.ts';
import { objectText } from './object-text.ts';
import { acceptSame, isOwnValueCodec, ownValueCodec } from './own-codecs.ts';
import { Value } from './value.ts';

/** A value codec of a user's own. `encode` and `decode` are called as its methods. */
export interface CustomCodec<V, VView> {
  /** What the database remembers. A codec of another name is refused for these values. */
  readonly name: string;
  encode(value: V): Uint8Array;
  /** `bytes` is a private copy, which the codec may keep and change. */
  decode(bytes: Uint8Array): VView;
  readonly lazy?: false;
}

/** The same, but `decode` gets a Value that reads the bytes where they lie. */
export interface LazyCustomCodec<V, VView> {
  readonly name: string;
  encode(value: V): Uint8Array;
  decode(value: Value): VView;
  readonly lazy: true;
}

/** What a collection takes as its value codec. */
export type AnyValueCodec<V, VView> = ValueCodec<V, VView> | CustomCodec<V, VView> | LazyCustomCodec<V, VView>;

const wrapped = new WeakMap<object, ValueCodec<unknown, unknown>>();

/**
 * The codec to use for the one that a user gave: the same codec each time. `ERR_INVALID_ARG_TYPE` if it is not a codec,
 * `ERR_INVALID_ARG_VALUE` if it has a property that codecs do not have.
 */
export function toValueCodec<V, VView>(given: AnyValueCodec<V, VView>): ValueCodec<V, VView>;
export function toValueCodec(given: AnyValueCodec<unknown, unknown>): ValueCodec<unknown, unknown> {
  if (typeof given !== 'object' || given === null) throw invalidType('a value codec', 'a codec object', given);
  if (isOwnValueCodec(given)) return given;
  let codec = weakMapGet(wrapped, given);
  if (codec === undefined) {
    codec = wrap(given as CustomCodec<unknown, unknown>);
    weakMapSet(wrapped, given, codec);
  }
  return codec;
}

function wrap(given: CustomCodec<unknown, unknown> | LazyCustomCodec<unknown, unknown>): ValueCodec<unknown, unknown> {
  const { name, lazy = false } = given;
  if (typeof name !== 'string') throw invalidType('the name of a value codec', 'a string', name);
  if (name === '') throw invalidValue('the name of a value codec must not be empty');
  for (const method of ['encode', 'decode'] as const) {
    if (typeof given[method] !== 'function')
      throw invalidType(`${method} of codec '${name}'`, 'a function', given[method]);
  }
  if (typeof lazy !== 'boolean') throw invalidType(`lazy of codec '${name}'`, 'a boolean', lazy);
  // An instance of a class may have other fields. In a plain object they are typing errors.
  if (Object.getPrototypeOf(given) === Object.prototype) {
    checkOptionNames(given, ['name', 'encode', 'decode', 'lazy'], `codec '${name}'`);
  }
  const description = { custom: name };
  return ownValueCodec({
    name,
    description,
    aims: false,
    ordered: false,
    objects: true,
    text: objectText,
    write(value: unknown, writer: Writer): Foreign | undefined {
      const encoded: unknown = given.encode(value);
      if (!isUint8Array(encoded)) throw invalidType(`what encode of codec '${name}' returns`, 'a Uint8Array', encoded);
      return writeArray(writer, encoded);
    },
    view(lease: Lease, at: number): unknown {
      const bytes = lazy ? new Value(lease, at, null) : toBytes(lease, at, null);
      try {
        return given.decode(bytes as never);
      } catch (cause) {
        if (cause instanceof LeaseholdError) throw cause;
        throw new LeaseholdError('ERR_CODEC', `codec '${name}' could not decode a stored value${messageOf(cause)}`, {
          cause,
        });
      }
    },
    accept: acceptSame(description),
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : '';
}
