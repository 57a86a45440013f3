import { OwnMap } from '../../base/own-map.ts';
import { bareArray } from '../../base/primordials.ts';
import type { Operation } from './operation.ts';

const FIRST_SLOTS = 64;
const LARGEST_ID = 0xffff_ffff;

/**
 * The operations of a session that have no answer, by their ids. An id is the next number whose slot is free: its low bits are the slot. A Map would
 * make a new table after some hundred operations, and each table that has grown old would keep the later ones alive, with all that was received.
 */
export class OperationTable {
  #slots: (Operation | undefined)[] = emptySlots(FIRST_SLOTS);
  #ids: number[] = new Array<number>(FIRST_SLOTS).fill(0);
  #count = 0;
  #next = 1;

  get(id: number): Operation | undefined {
    const slot = id & (this.#slots.length - 1);
    return this.#ids[slot] === id ? this.#slots[slot] : undefined;
  }

  /** The id that `add` gives next. */
  nextId(): number {
    if (2 * this.#count >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    while (this.#next === 0 || this.#slots[this.#next & mask] !== undefined) this.#next = (this.#next + 1) >>> 0;
    return this.#next;
  }

  /** `id`: what `nextId` has given. */
  add(id: number, operation: Operation): void {
    const slot = id & (this.#slots.length - 1);
    this.#slots[slot] = operation;
    this.#ids[slot] = id;
    this.#next = id === LARGEST_ID ? 1 : id + 1;
    this.#count++;
  }

  /** Whether there was one. */
  delete(id: number): boolean {
    if (this.get(id) === undefined) return false;
    this.#slots[id & (this.#slots.length - 1)] = undefined;
    this.#count--;
    return true;
  }

  /** Undefined if it is not there. */
  idOf(operation: Operation): number | undefined {
    for (let slot = 0; slot < this.#slots.length; slot++) if (this.#slots[slot] === operation) return this.#ids[slot];
    return undefined;
  }

  /** Forgets all, and returns them in the order in which they were added. */
  take(): OwnMap<Operation, true> {
    const age = (id: number): number => (this.#next - id) >>> 0;
    const ids = this.#ids.filter((id) => this.get(id) !== undefined).sort((one, other) => age(other) - age(one));
    const operations = new OwnMap<Operation, true>();
    for (let i = 0; i < ids.length; i++) operations.set(this.get(ids[i] as number) as Operation, true);
    this.#slots = emptySlots(FIRST_SLOTS);
    this.#ids = new Array<number>(FIRST_SLOTS).fill(0);
    this.#count = 0;
    return operations;
  }

  /** Calls `fn` for each, in any order. */
  forEach(fn: (operation: Operation, id: number) => void): void {
    const slots = this.#slots;
    for (let slot = 0; slot < slots.length; slot++) {
      const operation = slots[slot];
      if (operation !== undefined) fn(operation, this.#ids[slot] as number);
    }
  }

  /** Ids that differ in their low bits still do so when one more bit counts. */
  #grow(): void {
    const length = 2 * this.#slots.length;
    const slots = emptySlots(length);
    const ids = new Array<number>(length).fill(0);
    this.forEach((operation, id) => {
      slots[id & (length - 1)] = operation;
      ids[id & (length - 1)] = id;
    });
    this.#slots = slots;
    this.#ids = ids;
  }
}

function emptySlots(count: number): (Operation | undefined)[] {
  return bareArray<Operation | undefined>(count);
}
