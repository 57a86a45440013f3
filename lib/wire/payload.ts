import { LeaseholdError } from '../base/errors.ts';
import { utf8Slice } from '../base/platform.ts';
import { copyBytes } from '../lease/bytes.ts';
import type { Slab } from '../lease/slab.ts';

/** An `ERR_PROTOCOL`: the other side has sent what the protocol does not allow. The connection must be closed. */
export function protocolError(message: string): LeaseholdError {
  return new LeaseholdError('ERR_PROTOCOL', message);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

/** `ERR_PROTOCOL` if the number is above 2^53. */
export function u64At(bytes: Uint8Array, at: number): number {
  const high = u32At(bytes, at + 4);
  if (high >= 2 ** 21) throw protocolError('a frame has a number above 2^53');
  return high * 2 ** 32 + u32At(bytes, at);
}

/** Reads the payload of a frame from its beginning to its end. Each call throws `ERR_PROTOCOL` if the payload ends before, or has a wrong number. */
export class Payload {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes[this.skip(1)] as number;
  }

  u16(): number {
    const at = this.skip(2);
    return (this.bytes[at] as number) | ((this.bytes[at + 1] as number) << 8);
  }

  u32(): number {
    return u32At(this.bytes, this.skip(4));
  }

  u64(): number {
    return u64At(this.bytes, this.skip(8));
  }

  /** A copy of the next bytes. */
  take(length: number): Uint8Array<ArrayBuffer> {
    return copyBytes(this.bytes, this.skip(length), length);
  }

  /** The same, with memory that small copies share. */
  takeInto(slab: Slab, length: number): Uint8Array<ArrayBuffer> {
    return slab.copy(this.bytes, this.skip(length), length);
  }

  /** A copy of bytes behind their length. */
  sized(): Uint8Array<ArrayBuffer> {
    return this.take(this.u32());
  }

  skipSized(): void {
    this.skip(this.u32());
  }

  /** A copy of all that is left. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.take(this.left);
  }

  /** How many things of at least `least` bytes follow: no more than there can be. */
  count(least: number): number {
    const count = this.u32();
    if (count * least > this.left) throw protocolError(`a frame tells of ${count} parts, and is too short for them`);
    return count;
  }

  /** All that is left, as JSON: an object. */
  json(): { readonly [name: string]: unknown } {
    const text = utf8Slice(this.bytes, this.at, this.end);
    this.at = this.end;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new LeaseholdError('ERR_PROTOCOL', 'a frame is no JSON', { cause });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw protocolError('a frame is no JSON object');
    }
    return value as { readonly [name: string]: unknown };
  }

  finish(): void {
    if (this.at !== this.end) throw protocolError(`a frame has ${this.left} bytes too many`);
  }

  /** Goes over the next bytes, and returns where they begin. */
  skip(length: number): number {
    const { at } = this;
    if (length > this.end - at) throw protocolError('a frame is too short');
    this.at = at + length;
    return at;
  }
}
