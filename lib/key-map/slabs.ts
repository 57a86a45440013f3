import { freezeClass, mathTrunc, PrimordialUint8Array, PrimordialUint32Array } from '../base/primordials.ts';
import { copyInto } from '../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';

/** Sizes of slabs, in bytes. A longer key gets a slab of its own. */
const SMALLEST = 512;
const LARGEST = 64 * 1024;
/** The table of a slab has room for keys of so many bytes each, or as long as its first key. */
const LIKELY = 16;

/** Copies of keys that are not lent. Many keys share a private lease, on which they lie one after the other. */
export class Slabs {
  #lease: Lease | undefined;
  #position = 0;
  #size = 0;
  #numbers = 0;
  #room = 0;
  #next = SMALLEST;

  /** The lease of the last added key. */
  get lease(): Lease {
    return this.#lease as Lease;
  }

  /** Adds a copy of `length` bytes, and returns its place in `lease`. */
  add(bytes: Uint8Array, start: number, length: number): number {
    if (this.#lease === undefined || length > this.#size - this.#position || this.#numbers === this.#room) {
      this.#begin(length);
    }
    const { keys, table } = this.lease;
    const at = this.#numbers;
    copyInto(keys, this.#position, bytes, start, length);
    table[at] = this.#position;
    table[at + 1] = length;
    this.#position += length;
    this.#numbers += 2;
    return at;
  }

  #begin(length: number): void {
    const size = length > this.#next ? length : this.#next;
    const lease = new Lease(NO_VIEWS, undefined, false);
    lease.keys = lease.values = new PrimordialUint8Array(size);
    this.#room = 2 * (mathTrunc(size / (length > LIKELY ? length : LIKELY)) + 1);
    lease.table = new PrimordialUint32Array(this.#room);
    lease.state = 'private';
    this.#lease = lease;
    this.#size = size;
    this.#position = 0;
    this.#numbers = 0;
    if (this.#next < LARGEST) this.#next *= 2;
  }
}

freezeClass(Slabs);
