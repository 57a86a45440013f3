import { invalidType, LeaseholdError } from '../base/errors.ts';
import { bytesToHex } from '../base/hex.ts';
import { bufferAllocUnsafe, bufferFrom, bufferToString, utf8Slice } from '../base/platform.ts';
import { isUint8Array, typedArrayLength } from '../base/primordials.ts';
import { compareBytes, copyBytes, copyInto, hashBytes } from './bytes.ts';
import { Lease, leaseExpired, NO_VIEWS, type SinkState } from './lease.ts';

/** The calls that Key, Value and the sink of a struct view have in common. They copy nothing unless the comment says so. */
export interface Sink {
  readonly byteLength: number;
  /**
   * `'shared'`: it reads the source's memory. `'copied'`: it has moved to the heap. `'private'`: it was never shared. `'expired'`: every read
   * throws.
   */
  readonly state: SinkState;
  /** The byte at `index`; undefined if there is none. */
  byteAt(index: number): number | undefined;
  equals(other: Sink | Uint8Array): boolean;
  /** -1, 0 or 1: the order of the stored bytes. */
  compare(other: Sink | Uint8Array): number;
  /** A hash of the bytes: MurmurHash3_x86_32 with seed 0, a u32. Equal bytes have equal hashes. */
  hash(): number;
  /** A private copy of the bytes. */
  toBuffer(): Buffer;
  /** A leased Buffer while the sink is shared, else a private copy. */
  asBuffer(): Buffer;
}

/** A part of the bytes at a place of a lease. A slice of a Key or a field of a record reads only such a part. */
export class Span {
  readonly start: number;
  readonly length: number;
  /** The turn of the lease in which this was made; see `Lease.turn`. */
  readonly turn: number;

  constructor(start: number, length: number, turn: number) {
    this.start = start;
    this.length = length;
    this.turn = turn;
  }
}

/** Where a sink's bytes are at this moment: valid until user code or native code runs. */
export interface Place {
  lease: Lease;
  at: number;
  span: Span | null;
}

/** A function that returns the Place behind a sink; undefined for anything else. Every sink class registers one. */
type PlaceOf = (sink: object) => Place | undefined;
const placeOfClass: PlaceOf[] = [];
let sinkClasses = 0;

/** Registers a class of sinks, so that sinks of all classes can be compared with each other. */
export function registerSinkClass(placeOf: PlaceOf): void {
  placeOfClass[sinkClasses++] = placeOf;
}

/** The Place behind a sink of any class; undefined if `value` is not a sink. */
export function placeOf(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  // By index: an iterator of arrays that the program has patched would get the functions that find a sink's lease.
  for (let i = 0; i < sinkClasses; i++) {
    const place = (placeOfClass[i] as PlaceOf)(value);
    // A forged lease could run user code while its place is read.
    if (place !== undefined) return Lease.isGenuine(place.lease) ? place : undefined;
  }
  return undefined;
}

export function bytesOf(lease: Lease, at: number): Uint8Array {
  return (at & 2) === 0 ? lease.keys : lease.values;
}

/** The first byte's index in `bytesOf`. Throws `ERR_LEASE_EXPIRED`. */
export function startOf(lease: Lease, at: number, span: Span | null): number {
  const start = lease.table[lease.base + at];
  if (start === undefined) throw leaseExpired();
  if (span === null) return start;
  if (span.turn !== lease.turn) throw leaseExpired();
  return start + span.start;
}

/** How many bytes. Throws `ERR_LEASE_EXPIRED`. */
export function lengthOf(lease: Lease, at: number, span: Span | null): number {
  const length = lease.table[lease.base + at + 1];
  if (length === undefined) throw leaseExpired();
  if (span === null) return length;
  if (span.turn !== lease.turn) throw leaseExpired();
  return span.length;
}

export function stateOf(lease: Lease, span: Span | null): SinkState {
  return span !== null && span.turn !== lease.turn ? 'expired' : lease.state;
}

/**
 * What `keep()` must do for a sink. `false`: nothing, since its bytes are private already. `true`: move it to a lease of
 * its own; or if the lease is re-aimed, return a new sink on such a lease. Throws `ERR_LEASE_EXPIRED`.
 */
export function mustMove(lease: Lease, span: Span | null): boolean {
  const state = stateOf(lease, span);
  if (state === 'expired') throw leaseExpired();
  return lease.reaimed || state === 'shared';
}

/**
 * The byte at `index`; undefined if there is none. A hot loop runs only this expression. It is so short that V8 inlines it together with the
 * code that made the sink, so that the sink need not be allocated. All other cases are in a function of their own.
 */
export function byteAt(lease: Lease, at: number, span: Span | null, index: number): number | undefined {
  const place = lease.base + at;
  return span === null && typeof index === 'number' && index >= 0 && index < (lease.table[place + 1] as number)
    ? bytesOf(lease, at)[(lease.table[place] as number) + index]
    : otherByteAt(lease, at, span, index);
}

function otherByteAt(lease: Lease, at: number, span: Span | null, index: number): number | undefined {
  // Checked first: a string would be appended to the start instead of added, and the valueOf of an object could end the source in the middle.
  if (typeof index !== 'number') throw invalidType('index', 'a number', index);
  const length = lengthOf(lease, at, span);
  return index >= 0 && index < length ? bytesOf(lease, at)[startOf(lease, at, span) + index] : undefined;
}

/** Compares with a sink or a Uint8Array; `ERR_INVALID_ARG_TYPE` for anything else. */
export function compare(lease: Lease, at: number, span: Span | null, other: unknown): number {
  const array = isUint8Array(other) ? other : undefined;
  const place = array === undefined ? placeOf(other) : undefined;
  // No user code may run from here on: it could end the source in the middle.
  if (!Lease.isGenuine(lease)) throw invalidType('this', 'a Key or a Value', lease);
  const bytes = bytesOf(lease, at);
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (array !== undefined) return compareBytes(bytes, start, length, array, 0, typedArrayLength(array));
  if (place === undefined) throw invalidType('other', 'a Key, a Value or a Uint8Array', other);
  return compareBytes(
    bytes,
    start,
    length,
    bytesOf(place.lease, place.at),
    startOf(place.lease, place.at, place.span),
    lengthOf(place.lease, place.at, place.span),
  );
}

export function hash(lease: Lease, at: number, span: Span | null): number {
  return hashBytes(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span));
}

/** All bytes in hexadecimal, or `most` of them. */
export function hexOf(lease: Lease, at: number, span: Span | null, most: number = Number.POSITIVE_INFINITY): string {
  const length = lengthOf(lease, at, span);
  return bytesToHex(bytesOf(lease, at), startOf(lease, at, span), length < most ? length : most);
}

/** The bytes as text, as `Buffer.prototype.toString` decodes them. */
export function textOf(lease: Lease, at: number, span: Span | null, encoding: BufferEncoding | undefined): string {
  if (encoding !== undefined && encoding !== 'utf8') return bufferToString(toBuffer(lease, at, span), encoding);
  const start = startOf(lease, at, span);
  return utf8Slice(bytesOf(lease, at), start, start + lengthOf(lease, at, span));
}

/** Copies with fewer bytes than this are made in Node's pool of small Buffers, as by `Buffer.from`: three to ten times as fast. */
const POOLED = 4096;

/** A private copy. A small copy is in Node's pool of small Buffers. */
export function toBuffer(lease: Lease, at: number, span: Span | null): Buffer<ArrayBuffer> {
  const length = lengthOf(lease, at, span);
  if (length >= POOLED) return bufferFrom(toBytes(lease, at, span).buffer);
  // Allocate before reading the lease: this can run user code, which may end the source.
  const buffer = bufferAllocUnsafe(length);
  copyInto(buffer, 0, bytesOf(lease, at), startOf(lease, at, span), length);
  return buffer;
}

/** A private copy, in an ArrayBuffer of exactly that size. */
export function toBytes(lease: Lease, at: number, span: Span | null): Uint8Array<ArrayBuffer> {
  return copyBytes(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span));
}

export function asBuffer(lease: Lease, at: number, span: Span | null): Buffer<ArrayBuffer> {
  if (lease.state !== 'shared' || lease.source === undefined) return toBuffer(lease, at, span);
  const window = (at & 2) === 0 ? lease.keyWindow : lease.valueWindow;
  return bufferFrom(lease.source.lendBuffer(window, startOf(lease, at, span), lengthOf(lease, at, span)));
}

/**
 * Copies the bytes of a sink to a new lease, at the place ONLY_VALUE. `keep()` moves a sink to this lease. Throws `ERR_LEASE_EXPIRED`.
 */
export function keepAlone(lease: Lease, at: number, span: Span | null): Lease {
  const bytes = toBytes(lease, at, span);
  lease.source?.counters.moved(1, typedArrayLength(bytes));
  const kept = Lease.private(NO_VIEWS, bytes, 0);
  if (!lease.reaimed) kept.state = 'copied';
  return kept;
}

/** The place of a value in a lease of one entry. */
export const ONLY_VALUE = 2;

/** The result of `read`, or a text with its error: `util.inspect` of a sink must not throw. */
export function inspectable<T>(read: () => T, name: string): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof LeaseholdError && error.code === 'ERR_LEASE_EXPIRED') return `${name} <expired>`;
    if (error instanceof LeaseholdError && error.code === 'ERR_CODEC') return `${name} <${error.message}>`;
    throw error;
  }
}
