import { LeaseholdError } from './errors.ts';
import { control, native } from './native.ts';
import { typedArraySet } from './primordials.ts';

/** Bytes that an encoder did not write but points to: `length` bytes of `bytes` from `offset` on. */
export interface Foreign {
  bytes: Uint8Array;
  offset: number;
  length: number;
}

const INITIAL_SIZE = 64 * 1024;
const LARGEST_SIZE = 2 ** 31;

/**
 * Where keys and values are encoded: a buffer that native code sees too, used as a stack. Whoever encodes notes
 * `position`, writes from there on, hands offset and length to native code, and sets `position` back. User code that
 * runs in the middle of an encoding (a getter, `toJSON`, a codec) may call back into the library: it writes beyond
 * what is there and sets `position` back before it returns.
 */
export class Writer {
  bytes: Uint8Array = new Uint8Array(INITIAL_SIZE);
  position = 0;

  /** Makes room for `length` more bytes. `bytes` may be another array afterwards. */
  reserve(length: number): void {
    const needed = this.position + length;
    if (needed <= this.bytes.length) return;
    if (needed > LARGEST_SIZE) {
      throw new LeaseholdError('ERR_VALUE_SIZE', `an encoded record of ${needed} bytes is too large: at most 2 GiB`);
    }
    const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.bytes.length, LARGEST_SIZE)));
    typedArraySet(grown, this.bytes);
    this.bytes = grown;
    attach();
  }

  /** Gives memory back that one large record needed, once nothing is being encoded. */
  trim(): void {
    if (this.position !== 0 || this.bytes.length <= 16 * INITIAL_SIZE) return;
    this.bytes = new Uint8Array(INITIAL_SIZE);
    attach();
  }
}

/** The one writer of this thread. */
export const writer: Writer = new Writer();

function attach(): void {
  native.attach(writer.bytes, control, (code, message, path) => new LeaseholdError(code, message, { path }));
}
attach();
