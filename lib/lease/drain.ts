import { LeaseholdError } from '../errors.ts';
import { CONTROL_BYTES, CONTROL_BYTES_HIGH, CONTROL_ROWS, control, native } from '../native.ts';
import { finalizationRegister, PrimordialArrayBuffer } from '../primordials.ts';
import type { Counters } from './counters.ts';
import { type Lease, ROW_BYTES } from './lease.ts';

/** A source that has ended and still has leases: what the queue drains. */
export interface Draining {
  readonly handle: number;
  readonly counters: Counters;
  /** The queue is linked through its members: no prototype that a program can patch is handed one. */
  nextDraining: Draining | undefined;
  previousDraining: Draining | undefined;
  /** Whether somebody waits for it. */
  urgent: boolean;
  /** Called once the last lease has gone. */
  onDrained(): void;
}

/**
 * What is weakly reachable is not yet known to be held: right after a scan of which nothing was kept, most leases still
 * look alive. So moving waits until the collector has run, for at most LONGEST ms; it is looked after every POLL ms.
 */
const LONGEST = 1000;
const POLL = 20;
/** How long it waits once somebody waits for it. */
const HASTE = 5;
/** From so many leases on, a collection of young objects is not enough: most of them may be old and dropped. */
const MANY = 256;
/** The growth outside of its heap at which V8 begins to mark, and does so in steps. */
const PROVOCATION = 2 ** 26 + 2 ** 23;
/** How long to wait after memory could not be had. */
const RETRY = 100;
/** How long moving may take between two turns of the event loop, in ms. */
const SLICE = 1;
/** More snapshots than this do not wait to be drained: each holds a reader slot, and pages back from being used again. */
const MOST_SNAPSHOTS = 4;

let firstQueue: DrainQueue | undefined;

/** Drains everything that waits in this thread, whichever environment it belongs to. Throws `ENOMEM`. */
export function finishAllDrains(): void {
  while (firstQueue !== undefined) firstQueue.finishAll();
}

/** Moves what ended sources have lent onto the heap, a slice at a time, and gives their snapshots back. */
export class DrainQueue {
  /** How many snapshots there are that only wait to be drained. */
  readonly #snapshots: () => number;
  #first: Draining | undefined;
  #last: Draining | undefined;
  /** How many of its members are urgent; they stand at the front. */
  #urgent = 0;
  /** Takes the next slice off the event loop again, if it is planned. */
  #cancel: (() => void) | undefined;
  /** When the wait for the collector began, and what goes with the next full collection. */
  #waitingSince = 0;
  #old: WeakRef<object> | undefined;
  /** How much of what was moved V8 does not count yet. */
  #hidden = 0;
  /** The list of the queues of this thread in which something waits. */
  #nextQueue: DrainQueue | undefined;
  #previousQueue: DrainQueue | undefined;

  constructor(snapshots: () => number) {
    this.#snapshots = snapshots;
  }

  add(source: Draining): void {
    this.#insert(source, this.#last);
    try {
      while (this.#first !== undefined && this.#snapshots() > MOST_SNAPSHOTS) this.finish(this.#first);
    } catch (error) {
      // It waits a little longer, then.
      if (!isOutOfMemory(error)) throw error;
    }
    if (this.#cancel === undefined && this.#first !== undefined) this.#await();
  }

  /** Waits for the collector. */
  #await(): void {
    this.#waitingSince = performance.now();
    native.watchCollector();
    this.#old = undefined;
    this.#plan(POLL, () => this.#poll());
  }

  #poll(): void {
    this.#cancel = undefined;
    if (performance.now() - this.#waitingSince >= LONGEST || this.#collected()) this.#slice();
    else this.#plan(POLL, () => this.#poll());
  }

  /** Whether the collector has had its chance with what waits. */
  #collected(): boolean {
    if (this.#old !== undefined) return this.#old.deref() === undefined;
    if (!native.collectorRan()) return false;
    let leases = 0;
    for (let source = this.#first; source !== undefined; source = source.nextDraining) {
      leases += native.leaseCount(source.handle);
    }
    if (leases < MANY) return true;
    this.#old = new WeakRef({});
    native.provokeCollector(PROVOCATION);
    return false;
  }

  /** Drains a source soon, and keeps the process alive until then. */
  hasten(source: Draining): void {
    if (source.urgent || !this.#has(source)) return;
    this.#remove(source);
    source.urgent = true;
    this.#urgent++;
    this.#insert(source, undefined);
    this.#cancel?.();
    this.#plan(HASTE, () => this.#slice());
  }

  /** Drains one source on the spot. Throws `ENOMEM` if memory cannot be had; nothing is lost then. */
  finish(source: Draining): void {
    while (step(source) >= 0);
    this.#done(source);
  }

  /** Drains everything on the spot. Throws `ENOMEM`. */
  finishAll(): void {
    while (this.#first !== undefined) this.finish(this.#first);
  }

  #done(source: Draining): void {
    this.#remove(source);
    if (source.urgent) this.#urgent--;
    source.onDrained();
  }

  #has(source: Draining): boolean {
    return this.#first === source || source.previousDraining !== undefined;
  }

  #insert(source: Draining, behind: Draining | undefined): void {
    if (this.#first === undefined) this.#enlist();
    source.previousDraining = behind;
    source.nextDraining = behind === undefined ? this.#first : behind.nextDraining;
    if (source.nextDraining === undefined) this.#last = source;
    else source.nextDraining.previousDraining = source;
    if (behind === undefined) this.#first = source;
    else behind.nextDraining = source;
  }

  #remove(source: Draining): void {
    if (source.nextDraining === undefined) this.#last = source.previousDraining;
    else source.nextDraining.previousDraining = source.previousDraining;
    if (source.previousDraining === undefined) this.#first = source.nextDraining;
    else source.previousDraining.nextDraining = source.nextDraining;
    source.nextDraining = source.previousDraining = undefined;
    if (this.#first === undefined) this.#delist();
  }

  #enlist(): void {
    this.#nextQueue = firstQueue;
    if (firstQueue !== undefined) firstQueue.#previousQueue = this;
    firstQueue = this;
  }

  #delist(): void {
    if (this.#nextQueue !== undefined) this.#nextQueue.#previousQueue = this.#previousQueue;
    if (this.#previousQueue !== undefined) this.#previousQueue.#nextQueue = this.#nextQueue;
    else firstQueue = this.#nextQueue;
    this.#nextQueue = this.#previousQueue = undefined;
  }

  #plan(delay: number, next: () => void): void {
    if (delay === 0) {
      // Referenced: an event loop that has nothing else to do would not turn for it, and its end is near.
      const immediate = setImmediate(next);
      this.#cancel = () => clearImmediate(immediate);
      return;
    }
    const timer = setTimeout(next, delay);
    if (this.#urgent === 0) timer.unref();
    this.#cancel = () => clearTimeout(timer);
  }

  #slice(): void {
    this.#cancel = undefined;
    const end = performance.now() + SLICE;
    let source = this.#first;
    let moved = 0;
    try {
      while (source !== undefined && performance.now() < end) {
        let bytes = 0;
        // The clock is read once for a few leases.
        for (let i = 0; i < 8 && bytes >= 0; i++) {
          bytes = step(source);
          if (bytes > 0) moved += bytes;
        }
        if (bytes >= 0) continue;
        this.#done(source);
        source = this.#first;
      }
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      this.#plan(RETRY, () => this.#slice());
      return;
    } finally {
      this.#hidden += native.hideExternal(moved);
    }
    if (source !== undefined) this.#plan(0, () => this.#slice());
    else this.#reveal();
  }

  /** Tells V8 at last what there is outside of its heap. */
  #reveal(): void {
    native.hideExternal(-this.#hidden);
    this.#hidden = 0;
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof LeaseholdError && error.code === 'ENOMEM';
}

/** Moves the next lease of a source: how many bytes it took, -1 if there is none left. Throws `ENOMEM`. */
function step(source: Draining): number {
  const lease = native.nextLease(source.handle) as Lease | undefined;
  if (lease === undefined) return -1;
  const rows = control[CONTROL_ROWS] as number;
  const bytes = (control[CONTROL_BYTES] as number) + (control[CONTROL_BYTES_HIGH] as number) * 2 ** 32;
  let memory: ArrayBuffer;
  try {
    memory = new PrimordialArrayBuffer(rows * ROW_BYTES + bytes);
  } catch (cause) {
    throw new LeaseholdError('ENOMEM', `${bytes} bytes that sinks still hold could not be moved to the heap`, {
      cause,
    });
  }
  native.moveLease(source.handle, memory);
  lease.adopt(memory, rows);
  source.counters.moved(rows, bytes);
  return memory.byteLength;
}

/**
 * Memory that was taken from an ArrayBuffer, kept for as long as that ArrayBuffer is: somebody in the thread pool may be
 * reading it still.
 */
const taken = new FinalizationRegistry<ArrayBuffer>(() => {});
const { structuredClone: clone } = globalThis;

/** Detaches a plain ArrayBuffer without freeing its memory. */
function detach(buffer: ArrayBuffer): void {
  finalizationRegister(taken, buffer, clone(buffer, { transfer: [buffer] }));
}

/** Expires every lease of a source at once. */
export function expireAll(source: Draining): void {
  for (let buffer = native.endBuffers(source.handle); buffer !== undefined; buffer = native.endBuffers(source.handle)) {
    detach(buffer);
  }
  for (;;) {
    const lease = native.nextLease(source.handle) as Lease | undefined;
    if (lease === undefined) break;
    native.dropLease(source.handle);
    lease.expire();
  }
  source.onDrained();
}
