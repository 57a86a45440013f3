import { invalidType, invalidValue } from '../base/errors.ts';
import { hexToBytes } from '../base/hex.ts';
import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import { inspect } from '../base/platform.ts';
import { arrayIsArray, isUint8Array, typedArrayLength } from '../base/primordials.ts';
import { MARK, type Marked, SINK } from '../base/uncloneable.ts';
import { copyBytes } from '../lease/bytes.ts';
import { Lease, NO_LEASE, NO_VIEWS, type SinkState } from '../lease/lease.ts';
import {
  asBuffer,
  byteAt,
  bytesOf,
  compare,
  hash,
  hexOf,
  inspectable,
  keepAlone,
  lengthOf,
  mustMove,
  ONLY_VALUE,
  type Place,
  registerSinkClass,
  type Sink,
  type Span,
  startOf,
  stateOf,
  toBuffer,
} from '../lease/sink.ts';
import { lend } from '../lease/sources/lease-source.ts';
import { privateValue, Value } from '../value/value.ts';
import type { Double } from './double.ts';
import {
  countElements,
  encodeTuple,
  prefixEndOf,
  sinkBytes,
  sliceOf,
  startsWithKey,
  startsWithParts,
} from './key-elements.ts';
import { KeyIterator, type ReadElement } from './key-iterator.ts';
import type { JsonPart, KeyPart, PlainPart } from './part.ts';
import { readPlain, toJsonPart } from './plain.ts';
import { NESTED, skipElement } from './tuple-format.ts';
import { isSinkCode, readScalar } from './tuple-read.ts';
import { registerKeyClass } from './tuple-write.ts';

/** What an element of a Key reads as: bytes, UUIDs and versionstamps as a Value, a nested tuple as a Key. */
export type KeyPartView = null | boolean | number | bigint | string | Value | Key;

/** What an element written as `P` reads as. Any integer that is safe reads as a number. */
type PartView<P> = P extends null | boolean | number | string
  ? P
  : P extends bigint
    ? number | bigint
    : P extends Double
      ? number
      : P extends Key<infer V>
        ? Key<V>
        : P extends readonly KeyPart[]
          ? Key<PartViews<P>>
          : P extends Uint8Array | Sink
            ? Value
            : never;

/** What the elements of a tuple written as `T` read as. */
export type PartViews<T extends readonly KeyPart[]> = { readonly [I in keyof T]: PartView<T[I]> };

/** The elements of a Key if it is not known how many there are: then `at` may return undefined. */
export type AnyParts = readonly (KeyPartView | undefined)[];

const { stringify } = JSON;

// Assigned inside the class body, where the private fields can be reached.
let step: (key: Key<readonly unknown[]>, offset: number) => { part: unknown; next: number } | undefined;
let keyPlace: (value: object) => Place | undefined;

/**
 * A tuple, read from its stored bytes. `at` decodes one element and skips those before it. `compare`, `equals` and `startsWith` compare
 * bytes. Once the Key has expired, every call throws `ERR_LEASE_EXPIRED`. A call that decodes throws `ERR_CODEC`, with the offset, for
 * bytes that are not a tuple.
 *
 * An element reads as null, a boolean, a string or a number; an integer that is not a safe number reads as a bigint. Bytes, a UUID (16
 * bytes) and a versionstamp (12 bytes) read as a Value, and a nested tuple as a Key.
 */
export class Key<out V extends readonly unknown[] = AnyParts, out E = Exclude<V[number], undefined>> implements Sink {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  /** Not for users: reads, `Key.of`, `Key.from`, `Key.fromBytes` and `Key.fromHex` make these. */
  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
    (this as unknown as Marked)[MARK] = SINK;
  }

  /** A private Key of these elements. Throws as a write of the key would. */
  static of<const T extends readonly KeyPart[]>(...parts: T): Key<PartViews<T>> {
    return privateKey(encodeTuple(parts));
  }

  /**
   * A Key on `length` bytes of a source, from byte `offset` on. The source is a LeaseSource, or an object of another addon that follows
   * the lease protocol. The Key moves to the heap, or expires, when the source ends. `ERR_NOT_LEASEHOLD_SOURCE` for any other object;
   * `ERR_LEASE_EXPIRED` if the source has ended; `ERR_OUT_OF_RANGE` for bytes that the source does not lend.
   */
  static from(source: object, offset: number, length: number): Key {
    const { lease, at } = lend(source, offset, length);
    return keyOn(lease, at, null);
  }

  /** A private Key on a copy of `bytes`. They are not checked: an element is decoded when it is read. `ERR_INVALID_ARG_TYPE`. */
  static fromBytes(bytes: Uint8Array): Key {
    if (!isUint8Array(bytes)) throw invalidType('bytes', 'a Uint8Array', bytes);
    return privateKey(copyBytes(bytes, 0, typedArrayLength(bytes)));
  }

  /** The reverse of `toHex`. `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` for a string that is not hexadecimal. */
  static fromHex(hex: string): Key {
    if (typeof hex !== 'string') throw invalidType('hex', 'a string', hex);
    const bytes = hexToBytes(hex);
    if (bytes === undefined) throw invalidValue('hex must be an even number of hexadecimal digits');
    return privateKey(bytes);
  }

  /** How many elements there are. */
  get length(): number {
    return countElements(this.#lease, this.#at, this.#span);
  }

  /** The element at `index`; undefined if there is none. `ERR_INVALID_ARG_TYPE`. */
  at<const I extends number>(index: I): V[I] {
    let left: number = index;
    if (typeof left !== 'number') throw invalidType('index', 'a number', index);
    const lease = this.#lease;
    const bytes = bytesOf(lease, this.#at);
    const start = startOf(lease, this.#at, this.#span);
    const end = start + lengthOf(lease, this.#at, this.#span);
    let position = start;
    for (; left > 0 && position < end; left--) position = skipElement(bytes, start, position, end);
    if (left !== 0 || position >= end) return undefined as V[I];
    const code = bytes[position] as number;
    return (
      isSinkCode(code)
        ? sinkAt(lease, this.#at, this.#span, start, position, end)
        : readScalar(bytes, start, position, end)
    ) as V[I];
  }

  [Symbol.iterator](): KeyIterator<E> {
    return new KeyIterator<E>(this, step as ReadElement);
  }

  /** The elements from `from` to `to`, which count as in `Array.prototype.slice`. Reads the same bytes, without a copy. `ERR_INVALID_ARG_TYPE`. */
  slice(from: number = 0, to: number = Number.POSITIVE_INFINITY): Key {
    if (typeof from !== 'number') throw invalidType('from', 'a number', from);
    if (typeof to !== 'number') throw invalidType('to', 'a number', to);
    return keyOn(this.#lease, this.#at, sliceOf(this.#lease, this.#at, this.#span, from, to));
  }

  /**
   * Whether this Key begins with the elements of `prefix`, which is a Key or an array. Only whole elements count: a Key that begins with
   * the string 'France' does not begin with 'Fr'. `ERR_INVALID_ARG_TYPE`.
   */
  startsWith(prefix: Key<readonly unknown[]> | readonly KeyPart[]): boolean {
    if (arrayIsArray(prefix)) return startsWithParts(this.#lease, this.#at, this.#span, prefix);
    const place = typeof prefix === 'object' && prefix !== null ? keyPlace(prefix) : undefined;
    if (place === undefined) throw invalidType('prefix', 'a Key or an array', prefix);
    return startsWithKey(this.#lease, this.#at, this.#span, place);
  }

  /** All elements, copied: bytes as Uint8Array, nested tuples as arrays. */
  toArray(): PlainPart[] {
    return readPlain(this.#lease, this.#at, this.#span);
  }

  /** All elements in a form for JSON: an unsafe integer as decimal text, bytes in hexadecimal. */
  toJSON(): JsonPart[] {
    return this.toArray().map(toJsonPart);
  }

  /** The elements as JSON text: `["FR","Paris"]`. */
  toString(): string {
    return stringify(this.toJSON());
  }

  /** The bytes in hexadecimal. */
  toHex(): string {
    return hexOf(this.#lease, this.#at, this.#span);
  }

  /** The least key above every key that begins with this one. It is not a tuple, but can be a bound for `lt`. */
  prefixEnd(): Key {
    return privateKey(prefixEndOf(this.#lease, this.#at, this.#span));
  }

  get byteLength(): number {
    return lengthOf(this.#lease, this.#at, this.#span);
  }

  get state(): SinkState {
    return stateOf(this.#lease, this.#span);
  }

  byteAt(index: number): number | undefined {
    return byteAt(this.#lease, this.#at, this.#span, index);
  }

  equals(other: Sink | Uint8Array): boolean {
    return compare(this.#lease, this.#at, this.#span, other) === 0;
  }

  compare(other: Sink | Uint8Array): number {
    return compare(this.#lease, this.#at, this.#span, other);
  }

  hash(): number {
    return hash(this.#lease, this.#at, this.#span);
  }

  toBuffer(): Buffer<ArrayBuffer> {
    return toBuffer(this.#lease, this.#at, this.#span);
  }

  asBuffer(): Buffer<ArrayBuffer> {
    return asBuffer(this.#lease, this.#at, this.#span);
  }

  /** Moves this Key to the heap now and returns it. Inside `scan`, returns a new private Key instead. */
  keep(): Key<V, E> {
    const lease = this.#lease;
    if (!mustMove(lease, this.#span)) return this;
    const kept = keepAlone(lease, this.#at, this.#span);
    if (lease.reaimed) return keyOn(kept, ONLY_VALUE, null);
    this.#lease = kept;
    this.#at = ONLY_VALUE;
    this.#span = null;
    return this;
  }

  static {
    keyPlace = (sink) =>
      #lease in sink && Lease.isGenuine(sink.#lease)
        ? { lease: sink.#lease, at: sink.#at, span: sink.#span }
        : undefined;
    registerSinkClass(keyPlace);
    registerKeyClass(keyPlace);

    step = (key, offset) => {
      const bytes = bytesOf(key.#lease, key.#at);
      const start = startOf(key.#lease, key.#at, key.#span);
      const length = lengthOf(key.#lease, key.#at, key.#span);
      if (offset >= length) return undefined;
      const end = start + length;
      const position = start + offset;
      const next = skipElement(bytes, start, position, end);
      const part = isSinkCode(bytes[position] as number)
        ? sinkAt(key.#lease, key.#at, key.#span, start, position, end)
        : readScalar(bytes, start, position, end);
      return { part, next: next - start };
    };
  }
}

keepHiddenClass(new Key(NO_LEASE, 0, null));

/** The Place behind a Key; undefined for anything else. */
export const placeOfKey: (value: object) => Place | undefined = keyPlace;

inspectAs<Key>(Key.prototype, (key, depth, options) =>
  depth < 0 ? '[Key]' : inspectable(() => `Key ${inspect(key.toArray(), options)}`, 'Key'),
);
tagAs<Key>(Key.prototype, 'Key', (key) => {
  const { lease, at, span } = keyPlace(key) as Place;
  return hexOf(lease, at, span);
});

/**
 * A Key at a place of a lease. The class calls this instead of `new Key`: in a class with a computed name and a static block, tsc 7.0
 * replaces the class's name by an alias, which it sets only after the block has run.
 */
function keyOn<V extends readonly unknown[], E>(lease: Lease, at: number, span: Span | null): Key<V, E> {
  return new Key(lease, at, span);
}

/** A private Key on `bytes`, which nobody else may hold. */
function privateKey<V extends readonly unknown[]>(bytes: Uint8Array<ArrayBuffer>): Key<V> {
  return new Key(Lease.private(NO_VIEWS, bytes, typedArrayLength(bytes)), 0, null);
}

/** A sink for the element at `position`: on the same lease, or on bytes of its own. */
function sinkAt(lease: Lease, at: number, span: Span | null, start: number, position: number, end: number) {
  const nested = bytesOf(lease, at)[position] === NESTED;
  const found = sinkBytes(lease, at, span, start, position, end);
  if (isUint8Array(found)) return nested ? privateKey(found) : privateValue(found);
  return nested ? keyOn(lease, at, found) : new Value(lease, at, found);
}
