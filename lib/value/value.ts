import { inspectAs, tagAs } from '../base/inspect.ts';
import { PrimordialUint8Array } from '../base/primordials.ts';
import { keepShape } from '../base/shape.ts';
import { MARK, type Marked, SINK } from '../base/uncloneable.ts';
import { Lease, NO_LEASE, type SinkState, type Views } from '../lease/lease.ts';
import {
  asBuffer,
  byteAt,
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
  stateOf,
  textOf,
  toBuffer,
} from '../lease/sink.ts';
import { lend } from '../lease/sources/lease-source.ts';

/** Called by a name of this module, V8 inlines it so far that the Value need not be allocated (measured, Node 20). */
const readByte = byteAt;

// Assigned inside the class body, where the private fields can be reached.
let valuePlace: (value: object) => Place | undefined;

/** How many bytes `console.log` shows. */
const SHOWN = 32;

/**
 * Bytes where they lie: what the codec `bytes` gives, and a `t.bytes` field, and a bytes element of a Key. Every call
 * throws `ERR_LEASE_EXPIRED` once the Value has expired.
 *
 * No private method: each object of a class that has one carries a mark of it, 8 bytes. So in Key.
 */
export class Value implements Sink {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  /** Made by leasehold; a program gets its Values from reads. */
  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
    (this as unknown as Marked)[MARK] = SINK;
  }

  /**
   * A Value on `length` bytes from `offset` on that a source lends: a LeaseSource, or an object of another addon that
   * follows the lease protocol. It moves to the heap, or expires, when the source ends. `ERR_NOT_LEASEHOLD_SOURCE`;
   * `ERR_LEASE_EXPIRED` if the source has ended; `ERR_OUT_OF_RANGE` for bytes that it does not lend.
   */
  static from(source: object, offset: number, length: number): Value {
    const { lease, at } = lend(source, offset, length);
    return new Value(lease, at, null);
  }

  get byteLength(): number {
    return lengthOf(this.#lease, this.#at, this.#span);
  }

  get state(): SinkState {
    return stateOf(this.#lease, this.#span);
  }

  byteAt(index: number): number | undefined {
    return readByte(this.#lease, this.#at, this.#span, index);
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

  /** Moves this Value to the heap now and returns it; inside `scan`, returns a new private Value instead. */
  keep(): Value {
    const lease = this.#lease;
    if (!mustMove(lease, this.#span)) return this;
    const kept = keepAlone(lease, this.#at, this.#span);
    if (lease.reaimed) return new Value(kept, ONLY_VALUE, null);
    this.#lease = kept;
    this.#at = ONLY_VALUE;
    this.#span = null;
    return this;
  }

  /**
   * The bytes as text, by default of UTF-8, as `Buffer.prototype.toString` decodes them: what is not UTF-8 becomes U+FFFD.
   * The codec `utf8` refuses that instead. `ERR_UNKNOWN_ENCODING`.
   */
  toString(encoding?: BufferEncoding): string {
    return textOf(this.#lease, this.#at, this.#span, encoding);
  }

  /** The bytes in hexadecimal. */
  toJSON(): string {
    return hexOf(this.#lease, this.#at, this.#span);
  }

  static {
    valuePlace = (sink) =>
      #lease in sink && Lease.isGenuine(sink.#lease)
        ? { lease: sink.#lease, at: sink.#at, span: sink.#span }
        : undefined;
    registerSinkClass(valuePlace);
    inspectAs(Value.prototype, (value) =>
      inspectable(() => {
        const length = lengthOf(value.#lease, value.#at, value.#span);
        const shown = hexOf(value.#lease, value.#at, value.#span, SHOWN);
        return `Value(${length}) <${shown}${length > SHOWN ? '…' : ''}>`;
      }, 'Value'),
    );
    tagAs(Value.prototype, 'Value', (value) => hexOf(value.#lease, value.#at, value.#span));
  }
}

keepShape(new Value(NO_LEASE, 0, null));

/** The Place behind a Value, undefined for anything else. */
export function placeOfValue(value: object): Place | undefined {
  return valuePlace(value);
}

/** How the sinks of a lease on bytes of its own are made. */
const PRIVATE_VIEWS: Views = {
  key: (lease, at) => new Value(lease, at, null),
  value: (lease, at) => new Value(lease, at, null),
  aimsKey: true,
  aimsValue: true,
};

/** A private Value over `bytes`, which nobody else may hold. */
export function privateValue(bytes: Uint8Array<ArrayBuffer>): Value {
  return new Value(Lease.private(PRIVATE_VIEWS, bytes, 0), ONLY_VALUE, null);
}

/** What stands for bytes that are absent. */
export function emptyValue(): Value {
  return privateValue(new PrimordialUint8Array(0));
}
