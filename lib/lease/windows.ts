import { freezeClass, PrimordialUint8Array } from '../base/primordials.ts';
import { CONTROL_GENERATION } from '../native/constants.ts';
import { control } from '../native/native.ts';

const LARGEST = 2 ** 30;
const SMALLEST = 2 ** 20;

/** One window. The length stands beside the array, whose `length` a program could have patched to be handed the array. */
class Window {
  readonly index: number;
  readonly array: Uint8Array;
  readonly length: number;
  readonly next: Window | undefined;

  constructor(index: number, array: Uint8Array, length: number, next: Window | undefined) {
    this.index = index;
    this.array = array;
    this.length = length;
    this.next = next;
  }
}

/**
 * The windows of one environment: Uint8Arrays over its memory map, made on first touch. A window begins at its number
 * times 1 GiB and reaches as far as the data does, rounded up to a power of two, so that V8 is not told of memory that
 * is not there. They are a linked list, since an array or a Map would ask prototypes that a program can patch.
 */
export class Windows {
  #first: Window | undefined;
  /** The one used last. */
  #last: Window | undefined;
  #generation = 0;
  readonly #open: (index: number, length: number) => ArrayBuffer;

  /** `open` gives the memory of a window: `length` bytes from `index` times 1 GiB on. */
  constructor(open: (index: number, length: number) => ArrayBuffer) {
    this.#open = open;
  }

  /** The window number `index`, at least `extent` bytes of it. */
  at(index: number, extent: number): Uint8Array {
    const last = this.#last;
    return last !== undefined &&
      last.index === index &&
      last.length >= extent &&
      control[CONTROL_GENERATION] === this.#generation
      ? last.array
      : this.#find(index, extent);
  }

  /** Forgets all windows: the map is about to go away, or has moved. */
  clear(): void {
    this.#first = this.#last = undefined;
  }

  #find(index: number, extent: number): Uint8Array {
    const generation = control[CONTROL_GENERATION] as number;
    if (generation !== this.#generation) this.clear();
    let window = this.#first;
    while (window !== undefined && (window.index !== index || window.length < extent)) window = window.next;
    if (window === undefined) {
      let length = SMALLEST;
      while (length < extent && length < LARGEST) length *= 2;
      const memory = this.#open(index, length);
      window = this.#first = new Window(index, new PrimordialUint8Array(memory), length, this.#first);
      this.#generation = generation;
    }
    this.#last = window;
    return window.array;
  }
}

freezeClass(Windows);
