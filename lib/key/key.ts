import { inspect } from 'node:util';
import { invalidType, invalidValue } from '../base/errors.ts';
import { hexToBytes } from '../base/hex.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import {
  arrayIsArray,
  isUint8Array,
  mathMax,
  mathTrunc,
  PrimordialUint8Array,
  typedArrayLength,
} from '../base/primordials.ts';
import { keepShape } from '../base/shape.ts';
import { MARK, type Marked, SINK } from '../base/uncloneable.ts';
import { writer } from '../base/writer.ts';
import { compareBytes, copyBytes, copyInto } from '../lease/bytes.ts';
import { Lease, NO_LEASE, type SinkState, type Views } from '../lease/lease.ts';
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
  Span,
  startOf,
  stateOf,
  toBuffer,
} from '../lease/sink.ts';
import { lend } from '../lease/sources/lease-source.ts';
import { privateValue, Value } from '../value/value.ts';
import type { Double } from './double.ts';
import type { JsonPart, KeyPart, PlainPart } from './part.ts';
import { readPlain, toJsonPart } from './plain.ts';
import { BYTES, ESCAPE, isEscape, NESTED, skipElement } from './tuple-format.ts';
import { isSinkCode, readScalar, withoutEscapedZeros, withoutEscapes } from './tuple-read.ts';
import { registerKeyClass, writeTuple } from './tuple-write.ts';

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

/** The elements of a Key whose number is not known: `at` may give undefined. */
export type AnyParts = readonly (KeyPartView | undefined)[];

const { stringify } = JSON;

// Assigned inside the class body, where the private fields can be reached.
let step: (key: Key<readonly unknown[]>, offset: number) => { part: unknown; next: number } | undefined;
let keyPlace: (value: object) => Place | undefined;

/**
 * A tuple, read where its bytes lie: `at` decodes one element and skips the others, and what compares works on bytes.
 * Every call throws `ERR_LEASE_EXPIRED` once the Key has expired, and what decodes throws `ERR_CODEC`, with the offset,
 * for bytes that are no tuple.
 *
 * An element reads as null, a boolean, a number (an integer that is no safe number: a bigint), a string; bytes, a UUID (16
 * bytes) and a versionstamp (12 bytes) as a Value, a nested tuple as a Key.
 */
export class Key<out V extends readonly unknown[] = AnyParts, out E = Exclude<V[number], undefined>> implements Sink {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  /** Made by leasehold; a program gets its Keys from reads, or by `Key.of`, `Key.fromBytes` and `Key.fromHex`. */
  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
    (this as unknown as Marked)[MARK] = SINK;
  }

  /** A private Key of these elements. Throws as a write of the key would. */
  static of<const T extends readonly KeyPart[]>(...parts: T): Key<PartViews<T>> {
    return privateKey(encode(parts));
  }

  /**
   * A Key on `length` bytes from `offset` on that a source lends: a LeaseSource, or an object of another addon that follows
   * the lease protocol. It moves to the heap, or expires, when the source ends. `ERR_NOT_LEASEHOLD_SOURCE`;
   * `ERR_LEASE_EXPIRED` if the source has ended; `ERR_OUT_OF_RANGE` for bytes that it does not lend.
   */
  static from(source: object, offset: number, length: number): Key {
    const { lease, at } = lend(source, offset, length);
    return keyOn(lease, at, null);
  }

  /** A private Key on a copy of `bytes`, which are decoded only as they are asked for. `ERR_INVALID_ARG_TYPE`. */
  static fromBytes(bytes: Uint8Array): Key {
    if (!isUint8Array(bytes)) throw invalidType('bytes', 'a Uint8Array', bytes);
    return privateKey(copyBytes(bytes, 0, typedArrayLength(bytes)));
  }

  /** The reverse of `toHex`. `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE` for what is not hexadecimal. */
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

  /** The element at `index`, undefined outside. */
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
    return new KeyIterator(this);
  }

  /** The elements from `from` to `to`, as `Array.prototype.slice` counts; reads the same bytes, without a copy. */
  slice(from: number = 0, to: number = Number.POSITIVE_INFINITY): Key {
    if (typeof from !== 'number') throw invalidType('from', 'a number', from);
    if (typeof to !== 'number') throw invalidType('to', 'a number', to);
    const first =
      from < 0 ? mathMax(mathTrunc(from) + countElements(this.#lease, this.#at, this.#span), 0) : mathTrunc(from);
    const last = to < 0 ? mathTrunc(to) + countElements(this.#lease, this.#at, this.#span) : mathTrunc(to);
    const bytes = bytesOf(this.#lease, this.#at);
    const start = startOf(this.#lease, this.#at, this.#span);
    const end = start + lengthOf(this.#lease, this.#at, this.#span);
    let position = start;
    let index = 0;
    for (; index < first && position < end; index++) position = skipElement(bytes, start, position, end);
    const begin = position;
    for (; index < last && position < end; index++) position = skipElement(bytes, start, position, end);
    return keyOn(this.#lease, this.#at, partOf(this.#lease, this.#span, start, begin, position));
  }

  /**
   * Whether the elements of `prefix`, a Key or an array, are the first ones of this Key. Compares bytes; the string 'FR'
   * does not start 'FR\0'.
   */
  startsWith(prefix: Key<readonly unknown[]> | readonly KeyPart[]): boolean {
    if (!arrayIsArray(prefix)) {
      const place = typeof prefix === 'object' && prefix !== null ? keyPlace(prefix) : undefined;
      if (place === undefined) throw invalidType('prefix', 'a Key or an array', prefix);
      const bytes = bytesOf(place.lease, place.at);
      const start = startOf(place.lease, place.at, place.span);
      const size = lengthOf(place.lease, place.at, place.span);
      return beginsWith(this.#lease, this.#at, this.#span, bytes, start, size);
    }
    const from = writer.position;
    try {
      writeTuple(writer, prefix);
      return beginsWith(this.#lease, this.#at, this.#span, writer.bytes, from, writer.position - from);
    } finally {
      writer.position = from;
    }
  }

  /** All elements, copied: bytes as Uint8Array, nested tuples as arrays. */
  toArray(): PlainPart[] {
    return readPlain(this.#lease, this.#at, this.#span);
  }

  /** All elements as JSON holds them: an unsafe integer as decimal text, bytes in hexadecimal. */
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

  /** The least key above every key that starts with this one: no tuple, but a bound for `lt`. */
  prefixEnd(): Key {
    const length = lengthOf(this.#lease, this.#at, this.#span);
    const bytes = new PrimordialUint8Array(length + 1);
    copyInto(bytes, 0, bytesOf(this.#lease, this.#at), startOf(this.#lease, this.#at, this.#span), length);
    bytes[length] = ESCAPE;
    return privateKey(bytes);
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

  /** Moves this Key to the heap now and returns it; inside `scan`, returns a new private Key instead. */
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

keepShape(new Key(NO_LEASE, 0, null));

function countElements(lease: Lease, at: number, span: Span | null): number {
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const end = start + lengthOf(lease, at, span);
  let count = 0;
  for (let position = start; position < end; count++) position = skipElement(bytes, start, position, end);
  return count;
}

/** The part from `begin` to `end` of a Key's bytes, where the Key begins at `start`. */
function partOf(lease: Lease, span: Span | null, start: number, begin: number, end: number): Span {
  const base = span === null ? 0 : span.start;
  return new Span(base + begin - start, end - begin, lease.turn);
}

/**
 * The element at `position` of a Key that stands from `start` to `end`: a sink on the same lease, or on a private one where
 * its bytes have to be rewritten.
 */
function sinkAt(
  lease: Lease,
  at: number,
  span: Span | null,
  start: number,
  position: number,
  end: number,
): Value | Key {
  const bytes = bytesOf(lease, at);
  const code = bytes[position] as number;
  const next = skipElement(bytes, start, position, end);
  const terminated = code === BYTES || code === NESTED;
  const begin = position + 1;
  const stop = terminated ? next - 1 : next;
  if (code === NESTED) {
    const own = withoutEscapes(bytes, begin, stop);
    return own === undefined ? keyOn(lease, at, partOf(lease, span, start, begin, stop)) : privateKey(own);
  }
  if (code === BYTES) {
    const own = withoutEscapedZeros(bytes, begin, stop);
    if (typedArrayLength(own) !== stop - begin) return privateValue(own);
  }
  return new Value(lease, at, partOf(lease, span, start, begin, stop));
}

function beginsWith(
  lease: Lease,
  at: number,
  span: Span | null,
  prefix: Uint8Array,
  from: number,
  size: number,
): boolean {
  // No user code may run from here on: it could end the source of the prefix in the middle.
  if (!Lease.isGenuine(lease)) throw invalidType('this', 'a Key', lease);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (size > length || compareBytes(bytes, start, size, prefix, from, size) !== 0) return false;
  return !isEscape(bytes, start + size, start + length);
}

/** The Place behind a Key, undefined for anything else. */
export function placeOfKey(value: object): Place | undefined {
  return keyPlace(value);
}

inspectAs<Key>(Key.prototype, (key, depth, options) => {
  if (depth < 0) return '[Key]';
  return inspectable(() => `Key ${inspect(key.toArray(), options)}`, 'Key');
});
tagAs<Key>(Key.prototype, 'Key', (key) => {
  const { lease, at, span } = keyPlace(key) as Place;
  return hexOf(lease, at, span);
});

/** Goes over a Key's elements, reading each where it lies. */
export class KeyIterator<out E> implements IterableIterator<E, undefined> {
  readonly #key: Key<readonly unknown[]>;
  #offset = 0;

  constructor(key: Key<readonly unknown[]>) {
    this.#key = key;
  }

  next(): IteratorResult<E, undefined> {
    const found = step(this.#key, this.#offset);
    if (found === undefined) return { done: true, value: undefined };
    this.#offset = found.next;
    return { done: false, value: found.part as E };
  }

  [Symbol.iterator](): KeyIterator<E> {
    return this;
  }
}

/** How the sinks of a lease on a Key's own bytes are made. */
const PRIVATE_VIEWS: Views = {
  key: (lease, at) => new Key(lease, at, null),
  value: (lease, at) => new Key(lease, at, null),
  aimsKey: true,
  aimsValue: true,
};

/**
 * A Key at a place of a lease. The class does not name itself: in a class with a computed name and a static block, tsc
 * 7.0 would put an alias in the place of the name and set it only after the block has run.
 */
function keyOn<V extends readonly unknown[], E>(lease: Lease, at: number, span: Span | null): Key<V, E> {
  return new Key(lease, at, span);
}

/** A private Key over `bytes`, which nobody else may hold. */
function privateKey<V extends readonly unknown[]>(bytes: Uint8Array<ArrayBuffer>): Key<V> {
  return new Key(Lease.private(PRIVATE_VIEWS, bytes, typedArrayLength(bytes)), 0, null);
}

function encode(parts: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const from = writer.position;
  try {
    writeTuple(writer, parts);
    return copyBytes(writer.bytes, from, writer.position - from);
  } finally {
    writer.position = from;
  }
}
