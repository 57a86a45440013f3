import { freezeClass, PrimordialArrayBuffer, PrimordialUint8Array } from '../base/primordials.ts';
import { copyBytes, copyInto } from './bytes.ts';

const SLAB_BYTES = 16 * 1024;
/** Larger copies have memory of their own. */
const LARGEST = 2048;

/**
 * Memory for small copies, many in one ArrayBuffer: an ArrayBuffer for each takes several times as long to make and to collect. One copy that is held keeps its
 * whole slab in memory.
 */
export class Slab {
  #memory: ArrayBuffer | undefined;
  #bytes: Uint8Array = new PrimordialUint8Array(0);
  #used = SLAB_BYTES;

  /** A private copy of `length` bytes of `source` from `start` on. Throws `ENOMEM`. */
  copy(source: Uint8Array, start: number, length: number): Uint8Array<ArrayBuffer> {
    if (length > LARGEST) return copyBytes(source, start, length);
    if (this.#memory === undefined || this.#used + length > SLAB_BYTES) {
      this.#memory = new PrimordialArrayBuffer(SLAB_BYTES);
      this.#bytes = new PrimordialUint8Array(this.#memory);
      this.#used = 0;
    }
    const at = this.#used;
    copyInto(this.#bytes, at, source, start, length);
    this.#used = at + length;
    return new PrimordialUint8Array(this.#memory, at, length);
  }
}

freezeClass(Slab);
