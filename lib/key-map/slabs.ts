import { freezeClass, mathTrunc, PrimordialUint8Array, PrimordialUint32Array } from '../base/primordials.ts';
import { copyInto } from '../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';

/** Sizes of slabs, in bytes; a longer key has one of its own. */
const SMALLEST = 512;
const LARGEST = 64 * 1024;
/** A slab has room in its table for keys of so many bytes, or as long as its first one. */
const LIKELY = 16;

/** Copies of keys that lie in no memory which is lent, one after the other on private leases that many of them share. */
export class Slabs {
  #lease: Lease | undefined;
  #position = 0;
  #size = 0;
  #numbers = 0;
  #room = 0;
  #next = SMALLEST;

  /** The lease that the key added last stands on. */
  get lease(): Lease {
    return this.#lease as Lease;
  }

  /** Adds a copy of `length` bytes; gives its place in `lease`. */
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
