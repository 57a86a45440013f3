import { bareArray, freezeClass, mapDelete, mapGet, mapSet, PrimordialMap } from '../base/primordials.ts';
import type { Lease } from '../lease/lease.ts';
import { Chunks } from './chunks.ts';

/** Leases with numbers. A lease is held as long as something refers to its number. */
export class HeldLeases {
  readonly #leases: (Lease | undefined)[] = bareArray();
  readonly #numbers: Map<Lease, number> = new PrimordialMap();
  /** For each number, how many refer to it; for a free number, the next free number plus 1. */
  readonly #counts = new Chunks();
  #free = 0;
  /** The last lease, and how many references to it are not counted yet. (Rows of one lease usually follow each other.) */
  #last: Lease | undefined;
  #lastNumber = 0;
  #times = 0;

  at(number: number): Lease {
    return this.#leases[number] as Lease;
  }

  /** The number of a lease. Counts one more reference to it. */
  hold(lease: Lease): number {
    if (lease !== this.#last) this.#change(lease);
    this.#times++;
    return this.#lastNumber;
  }

  release(number: number): void {
    this.#count();
    const count = this.#counts.get(number) - 1;
    this.#counts.set(number, count);
    if (count === 0) this.#remove(number);
  }

  #change(lease: Lease): void {
    this.#count();
    this.#lastNumber = mapGet(this.#numbers, lease) ?? this.#add(lease);
    this.#last = lease;
  }

  #count(): void {
    if (this.#times === 0) return;
    this.#counts.set(this.#lastNumber, this.#counts.get(this.#lastNumber) + this.#times);
    this.#times = 0;
  }

  #add(lease: Lease): number {
    const number = this.#free === 0 ? this.#leases.length : this.#free - 1;
    this.#counts.reserve(number + 1);
    if (this.#free !== 0) this.#free = this.#counts.get(number);
    this.#counts.set(number, 0);
    this.#leases[number] = lease;
    mapSet(this.#numbers, lease, number);
    return number;
  }

  #remove(number: number): void {
    const lease = this.#leases[number] as Lease;
    if (lease === this.#last) this.#last = undefined;
    mapDelete(this.#numbers, lease);
    this.#leases[number] = undefined;
    this.#counts.set(number, this.#free);
    this.#free = number + 1;
  }
}

freezeClass(HeldLeases);
