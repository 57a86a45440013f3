import { freezeClass, PrimordialUint8Array } from '../base/primordials.ts';
import { CONTROL_GENERATION } from '../native/constants.ts';
import { control } from '../native/native.ts';

const LARGEST = 2 ** 30;
const SMALLEST = 2 ** 20;

/** One window. It has the length itself: a program could patch `length` of arrays with a getter, which would get the array. */
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
 * The windows of one environment: Uint8Arrays over its memory map. A window is made when it is first needed. It begins at its number times
 * 1 GiB and is as long as the data, rounded up to a power of two, so that V8 does not count memory that is not there. The windows are a linked
 * list, since an array or a Map would use prototypes that a program can patch.
 */
export class Windows {
  #first: Window | undefined;
  /** The window that was used last. */
  #last: Window | undefined;
  #generation = 0;
  readonly #open: (index: number, length: number) => ArrayBuffer;

  /** `open` returns the memory of a window: `length` bytes from `index` times 1 GiB on. */
  constructor(open: (index: number, length: number) => ArrayBuffer) {
    this.#open = open;
  }

  /** The window number `index`, with at least `extent` bytes. */
  at(index: number, extent: number): Uint8Array {
    const last = this.#last;
    return last !== undefined &&
      last.index === index &&
      last.length >= extent &&
      control[CONTROL_GENERATION] === this.#generation
      ? last.array
      : this.#find(index, extent);
  }

  /** Drops all windows. To be called when the map has moved, or before it is unmapped. */
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
