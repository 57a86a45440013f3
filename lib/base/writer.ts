import { control, native } from '../native/native.ts';
import { allocateBytes } from './allocate.ts';
import { invalidType, LeaseholdError } from './errors.ts';
import { freezeClass, PrimordialUint8Array, typedArraySet } from './primordials.ts';

/** Bytes that an encoder has not copied into the writer: `length` bytes of `bytes` from `offset` on. */
export interface Foreign {
  bytes: Uint8Array;
  offset: number;
  length: number;
}

const INITIAL_SIZE = 64 * 1024;
const LARGEST_SIZE = 2 ** 31;

/**
 * The buffer in which keys and values are encoded. Native code sees it too. It is used as a stack: a call notes
 * `position`, writes from there on, passes offset and length to native code, and sets `position` back. User code that
 * runs in the middle of an encoding (a getter, `toJSON`, a codec) may call the library again. That inner call writes
 * behind what is there, and sets `position` back before it returns.
 */
export class Writer {
  bytes: Uint8Array = new PrimordialUint8Array(INITIAL_SIZE);
  /** The length of `bytes`. Read this and not `bytes.length`, whose getter a program may have patched to get the array. */
  size: number = INITIAL_SIZE;
  position = 0;

  /** Makes room for `length` more bytes. `bytes` may be another array after that. */
  reserve(length: number): void {
    const needed = this.position + length;
    if (needed <= this.size) return;
    if (needed > LARGEST_SIZE) {
      throw new LeaseholdError('ERR_VALUE_SIZE', `an encoded record of ${needed} bytes is too large: at most 2 GiB`);
    }
    let size = 2 * this.size < LARGEST_SIZE ? 2 * this.size : LARGEST_SIZE;
    if (size < needed) size = needed;
    const grown = allocateBytes(size);
    typedArraySet(grown, this.bytes);
    this.#replace(grown, size);
  }

  /** Frees the memory that one large record needed, unless something is being encoded. */
  trim(): void {
    if (this.position !== 0 || this.size <= 16 * INITIAL_SIZE) return;
    this.#replace(new PrimordialUint8Array(INITIAL_SIZE), INITIAL_SIZE);
  }

  #replace(bytes: Uint8Array, size: number): void {
    attach(bytes);
    // No call from here on, so that the stack cannot overflow: JavaScript and native code must have the same bytes.
    this.bytes = bytes;
    this.size = size;
  }
}

freezeClass(Writer);

/** The one writer of this thread. */
export const writer: Writer = new Writer();

/**
 * Throws `ERR_INVALID_ARG_TYPE` for any other writer. Programs can call a codec's `write` with a writer of their own, whose
 * `reserve` could end a transaction after a sink's bytes have been found and before they are read.
 */
export function checkWriter(given: Writer): void {
  if (given !== writer) throw invalidType('writer', "leasehold's own", given);
}

function attach(bytes: Uint8Array): void {
  native.attach(bytes, control, (code, message, path) => new LeaseholdError(code, message, { path }));
}
attach(writer.bytes);
