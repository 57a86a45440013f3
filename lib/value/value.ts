import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import { PrimordialUint8Array } from '../base/primordials.ts';
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

/** A constant of this module: V8 inlines calls of it, so that the Value need not be allocated (measured on Node 20). */
const readByte = byteAt;

// Assigned inside the class body, where the private fields can be reached.
let valuePlace: (value: object) => Place | undefined;

/** How many bytes `console.log` shows. */
const SHOWN = 32;

/**
 * Bytes, read where they lie. The codec `bytes` gives Values, and so do `t.bytes` fields and the bytes in a Key. Every call
 * throws `ERR_LEASE_EXPIRED` once the Value has expired.
 *
 * The class has no private method, for which V8 would add 8 bytes to each object. Neither has Key.
 */
export class Value implements Sink {
  #lease: Lease;
  #at: number;
  #span: Span | null;

  /** Not for users: reads give Values. */
  constructor(lease: Lease, at: number, span: Span | null) {
    this.#lease = lease;
    this.#at = at;
    this.#span = span;
    (this as unknown as Marked)[MARK] = SINK;
  }

  /**
   * A Value on `length` bytes from `offset` on of a source: a LeaseSource, or an object of another addon that
   * follows the lease protocol. When the source ends, the Value moves to the heap or expires. `ERR_NOT_LEASEHOLD_SOURCE`;
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

  /** Moves this Value to the heap now, and returns it. Inside a `scan`, returns a new private Value. */
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
   * The bytes as text, by default from UTF-8, decoded as by `Buffer.prototype.toString`: bytes that are not UTF-8 become U+FFFD.
   * (The codec `utf8` throws for such bytes.) `ERR_UNKNOWN_ENCODING`.
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

keepHiddenClass(new Value(NO_LEASE, 0, null));

/** The Place behind a Value; undefined for anything else. */
export function placeOfValue(value: object): Place | undefined {
  return valuePlace(value);
}

/** Makes the sinks of a lease that has only the bytes of one Value. */
const PRIVATE_VIEWS: Views = {
  key: (lease, at) => new Value(lease, at, null),
  value: (lease, at) => new Value(lease, at, null),
  aimsKey: true,
  aimsValue: true,
  lead: 0,
  versions: false,
  expires: false,
};

/** A private Value over `bytes`, to which nobody else must have a reference. */
export function privateValue(bytes: Uint8Array<ArrayBuffer>): Value {
  return new Value(Lease.private(PRIVATE_VIEWS, bytes, 0), ONLY_VALUE, null);
}

/** The Value of bytes that are absent. */
export function emptyValue(): Value {
  return privateValue(new PrimordialUint8Array(0));
}
