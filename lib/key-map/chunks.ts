import { bareArray, freezeClass, PrimordialUint32Array, typedArraySet } from '../base/primordials.ts';

const CHUNK_BITS = 15;
const CHUNK = 2 ** CHUNK_BITS;
const SMALLEST = 16;

/**
 * Up to 2 ** 32 numbers (u32) in chunks of 128 KiB. Growing copies nothing, except the first chunk while that is still small. Use only
 * indices for which `reserve` has made room.
 */
export class Chunks {
  readonly #chunks: Uint32Array[] = bareArray();
  #capacity = 0;

  get capacity(): number {
    return this.#capacity;
  }

  get(index: number): number {
    return (this.#chunks[index >>> CHUNK_BITS] as Uint32Array)[index & (CHUNK - 1)] as number;
  }

  set(index: number, number: number): void {
    (this.#chunks[index >>> CHUNK_BITS] as Uint32Array)[index & (CHUNK - 1)] = number;
  }

  /** Makes room for `length` numbers. New numbers are 0. */
  reserve(length: number): void {
    while (this.#capacity < length) this.#grow();
  }

  #grow(): void {
    if (this.#capacity >= CHUNK) {
      this.#chunks[this.#chunks.length] = new PrimordialUint32Array(CHUNK);
      this.#capacity += CHUNK;
      return;
    }
    const size = this.#capacity === 0 ? SMALLEST : 2 * this.#capacity;
    const grown = new PrimordialUint32Array(size);
    if (this.#capacity > 0) typedArraySet(grown, this.#chunks[0] as Uint32Array);
    this.#chunks[0] = grown;
    this.#capacity = size;
  }
}

freezeClass(Chunks);
