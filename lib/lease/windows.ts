import { CONTROL_GENERATION, control } from '../native.ts';
import { PrimordialUint8Array } from '../primordials.ts';

const LARGEST = 2 ** 30;
const SMALLEST = 2 ** 20;

/**
 * The windows of one environment: Uint8Arrays over its memory map, made on first touch. A window begins at its number
 * times 1 GiB and reaches as far as the data does, rounded up to a power of two, so that V8 is not told of memory that
 * is not there.
 */
export class Windows {
  #arrays: (Uint8Array | undefined)[] = [];
  #generation = 0;
  readonly #open: (index: number, length: number) => ArrayBuffer;

  /** `open` gives the memory of a window: `length` bytes from `index` times 1 GiB on. */
  constructor(open: (index: number, length: number) => ArrayBuffer) {
    this.#open = open;
  }

  /** The window number `index`, at least `extent` bytes of it. */
  at(index: number, extent: number): Uint8Array {
    const array = this.#arrays[index];
    if (array !== undefined && array.length >= extent && control[CONTROL_GENERATION] === this.#generation) return array;
    return this.#make(index, extent);
  }

  /** Forgets all windows: the map is about to go away, or has moved. */
  clear(): void {
    this.#arrays = [];
  }

  #make(index: number, extent: number): Uint8Array {
    const generation = control[CONTROL_GENERATION] as number;
    if (generation !== this.#generation) this.clear();
    let length = SMALLEST;
    while (length < extent && length < LARGEST) length *= 2;
    const array = new PrimordialUint8Array(this.#open(index, length));
    this.#arrays[index] = array;
    this.#generation = generation;
    return array;
  }
}
