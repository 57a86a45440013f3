import { allocate } from '../allocate.ts';
import { clearImmediate, clearTimeout, now, setImmediate, setTimeout } from '../clock.ts';
import { LeaseholdError } from '../errors.ts';
import { CONTROL_BYTES, CONTROL_BYTES_HIGH, CONTROL_ROWS, control, native } from '../native.ts';
import {
  finalizationRegister,
  freezeClass,
  nativeTransfer,
  PrimordialUint8Array,
  PrimordialUint32Array,
} from '../primordials.ts';
import type { Counters } from './counters.ts';
import { detach } from './detach.ts';
import { type Lease, ROW_BYTES, ROW_NUMBERS } from './lease.ts';

/** A source that has ended and still has leases: what the queue drains. */
export interface Draining {
  readonly handle: number;
  readonly counters: Counters;
  /** The queue is linked through its members: no prototype that a program can patch is handed one. */
  nextDraining: Draining | undefined;
  previousDraining: Draining | undefined;
  /** Whether somebody waits for it. */
  urgent: boolean;
  /** Whether its turn has come: somebody waits, or the collector has had its chance. */
  due: boolean;
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
/** More sources than this do not wait either, though they stand on one snapshot. */
const MOST_SOURCES = 65_536;
/** After so many further sources it is looked whether a collection has left some of them nothing to move. */
const SWEEP_EVERY = 1024;

/** Tells of a collection of old objects: one of young objects leaves to a registry what it waits for. */
const oldCollected = new FinalizationRegistry<() => void>((tell) => tell());

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
  #length = 0;
  /** The last of the members that somebody waits for, which stand at the front. */
  #lastUrgent: Draining | undefined;
  /** Takes what is planned off the event loop again. */
  #cancel: (() => void) | undefined;
  /** Has what is planned keep the process alive. */
  #keepAlive: (() => void) | undefined;
  /** Whether a slice is planned, and not just a look after the collector. */
  #slicing = false;
  /** How many of the members, at the end, have not been swept; and the count of collections then. */
  #unswept = 0;
  #sweptAt = 0;
  /** The count of collections when the wait for the collector began. */
  #collectionsBefore = 0;
  /** When the wait for the collector began, and whether V8 was made to collect old objects, and has. */
  #waitingSince = 0;
  #provoked = false;
  #collectedOld = false;
  /** How much of what was moved V8 does not count yet. */
  #hidden = 0;
  /** The list of the queues of this thread in which something waits. */
  #nextQueue: DrainQueue | undefined;
  #previousQueue: DrainQueue | undefined;

  constructor(snapshots: () => number) {
    this.#snapshots = snapshots;
  }

  add(source: Draining): void {
    if (!this.#has(source)) this.#insert(source, this.#last);
    try {
      while (this.#first !== undefined && this.#snapshots() > MOST_SNAPSHOTS) this.finish(this.#first);
      if (++this.#unswept >= SWEEP_EVERY) this.#sweep();
      if (this.#length > MOST_SOURCES) {
        while (this.#first !== undefined && this.#length > MOST_SOURCES / 2) this.finish(this.#first);
      }
    } catch (error) {
      // It waits a little longer, then.
      if (!isOutOfMemory(error)) throw error;
    }
    if (this.#cancel === undefined && this.#first !== undefined) this.#await();
  }

  /** Waits for the collector. */
  #await(): void {
    this.#waitingSince = now();
    this.#collectionsBefore = native.collectorRuns();
    this.#provoked = this.#collectedOld = false;
    this.#plan(POLL, () => this.#poll());
  }

  #poll(): void {
    this.#cancel = undefined;
    if (now() - this.#waitingSince >= LONGEST || this.#collected()) {
      for (let source = this.#first; source !== undefined; source = source.nextDraining) source.due = true;
      this.#slice();
    } else {
      this.#plan(POLL, () => this.#poll());
    }
  }

  /** Whether the collector has had its chance with what waits. */
  #collected(): boolean {
    if (this.#provoked) return this.#collectedOld;
    if (native.collectorRuns() !== this.#collectionsBefore && this.#isFew()) return true;
    // Most of what waits may be old and dropped, or nothing here makes V8 collect: it is made to, at half time.
    if (now() - this.#waitingSince >= LONGEST / 2) {
      this.#provoked = true;
      finalizationRegister(oldCollected, {}, () => {
        this.#collectedOld = true;
      });
      native.provokeCollector(PROVOCATION);
    }
    return false;
  }

  /** Whether so few leases wait that it does not matter if some of them are old and dropped. */
  #isFew(): boolean {
    let leases = 0;
    for (let source = this.#first; source !== undefined && leases < MANY; source = source.nextDraining) {
      leases += native.leaseCount(source.handle);
    }
    return leases < MANY;
  }

  /** Takes those of the newest members out that a collection has left nothing to move. */
  #sweep(): void {
    const collections = native.collectorRuns();
    if (collections === this.#sweptAt) return;
    this.#sweptAt = collections;
    let source = this.#last;
    for (; this.#unswept > 0 && source !== undefined; this.#unswept--) {
      const before: Draining | undefined = source.previousDraining;
      if (native.sweep(source.handle) === 0) this.#done(source);
      source = before;
    }
    this.#unswept = 0;
  }

  /** Drains a source soon, and keeps the process alive until then. */
  hasten(source: Draining): void {
    if (source.urgent || !this.#has(source)) return;
    this.#remove(source);
    source.urgent = source.due = true;
    this.#insert(source, this.#lastUrgent);
    this.#lastUrgent = source;
    if (this.#slicing) {
      this.#keepAlive?.();
      return;
    }
    this.#cancel?.();
    this.#planSlice(HASTE);
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
    // A sink of another addon that was told may have had it finished in the meantime.
    if (!this.#has(source)) return;
    this.#remove(source);
    try {
      source.onDrained();
    } catch (error) {
      // For want of stack, say: it waits still.
      this.#insert(source, undefined);
      throw error;
    }
  }

  #has(source: Draining): boolean {
    return this.#first === source || source.previousDraining !== undefined;
  }

  /** Calls nothing, as `#remove`: a stack overflow comes before or after it. */
  #insert(source: Draining, behind: Draining | undefined): void {
    if (this.#first === undefined) {
      this.#nextQueue = firstQueue;
      if (firstQueue !== undefined) firstQueue.#previousQueue = this;
      firstQueue = this;
    }
    this.#length++;
    source.previousDraining = behind;
    source.nextDraining = behind === undefined ? this.#first : behind.nextDraining;
    if (source.nextDraining === undefined) this.#last = source;
    else source.nextDraining.previousDraining = source;
    if (behind === undefined) this.#first = source;
    else behind.nextDraining = source;
  }

  #remove(source: Draining): void {
    this.#length--;
    if (this.#lastUrgent === source) this.#lastUrgent = source.previousDraining;
    if (source.nextDraining === undefined) this.#last = source.previousDraining;
    else source.nextDraining.previousDraining = source.previousDraining;
    if (source.previousDraining === undefined) this.#first = source.nextDraining;
    else source.previousDraining.nextDraining = source.nextDraining;
    source.nextDraining = source.previousDraining = undefined;
    if (this.#first !== undefined) return;
    if (this.#nextQueue !== undefined) this.#nextQueue.#previousQueue = this.#previousQueue;
    if (this.#previousQueue !== undefined) this.#previousQueue.#nextQueue = this.#nextQueue;
    else firstQueue = this.#nextQueue;
    this.#nextQueue = this.#previousQueue = undefined;
  }

  #planSlice(delay: number): void {
    this.#slicing = true;
    this.#plan(delay, () => this.#slice());
  }

  #plan(delay: number, next: () => void): void {
    if (delay === 0) {
      // Referenced: an event loop that has nothing else to do would not turn for it, and its end is near.
      const immediate = setImmediate(next);
      this.#cancel = () => clearImmediate(immediate);
      this.#keepAlive = undefined;
      return;
    }
    const timer = setTimeout(next, delay);
    if (this.#lastUrgent === undefined) timer.unref();
    this.#cancel = () => clearTimeout(timer);
    this.#keepAlive = () => timer.ref();
  }

  #slice(): void {
    this.#cancel = undefined;
    this.#slicing = false;
    const end = now() + SLICE;
    let source = this.#first;
    let moved = 0;
    try {
      while (source?.due === true && now() < end) {
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
      this.#planSlice(RETRY);
      return;
    } finally {
      this.#hidden += native.hideExternal(moved);
    }
    if (source?.due === true) {
      this.#planSlice(0);
    } else {
      this.#reveal();
      if (source !== undefined) this.#await();
    }
  }

  /** Tells V8 at last what there is outside of its heap. */
  #reveal(): void {
    native.hideExternal(-this.#hidden);
    this.#hidden = 0;
  }
}

freezeClass(DrainQueue);

function isOutOfMemory(error: unknown): boolean {
  return error instanceof LeaseholdError && error.code === 'ENOMEM';
}

/** Moves the next lease of a source: how many bytes it took, -1 if there is none left. Throws `ENOMEM`. */
function step(source: Draining): number {
  const lease = native.nextLease(source.handle) as Lease | null | true;
  if (lease === true) return -1;
  // Leased Buffers were moved, or sinks of other addons asked: no new memory for V8.
  if (lease === null) return 0;
  const rows = control[CONTROL_ROWS] as number;
  const bytes = (control[CONTROL_BYTES] as number) + (control[CONTROL_BYTES_HIGH] as number) * 2 ** 32;
  let memory: ArrayBuffer;
  try {
    memory = allocate(rows * ROW_BYTES + bytes);
  } catch (cause) {
    throw new LeaseholdError('ENOMEM', `${bytes} bytes that sinks still hold could not be moved to the heap`, {
      cause,
    });
  }
  const own = new PrimordialUint8Array(memory);
  const table = new PrimordialUint32Array(memory, 0, rows * ROW_NUMBERS);
  native.moveLease(source.handle, memory);
  // As `lease.adopt` does, but calling nothing: a stack overflow would leave it where native code has moved it from.
  lease.keys = lease.values = own;
  lease.table = table;
  lease.base -= lease.run;
  lease.run = 0;
  lease.state = 'copied';
  source.counters.moved(rows, bytes);
  return rows * ROW_BYTES + bytes;
}

/** Expires every lease of a source at once. */
export function expireAll(source: Draining): void {
  for (;;) {
    const lease = native.nextLease(source.handle) as Lease | null | true;
    if (lease === true) break;
    if (lease === null) continue;
    // First: whatever native code has forgotten must have expired.
    lease.expire();
    native.dropLease(source.handle);
  }
  // Last, since it tells sinks of other addons, which may do anything.
  for (
    let buffer = native.detachBuffers(source.handle, nativeTransfer !== undefined);
    buffer !== null;
    buffer = native.detachBuffers(source.handle, nativeTransfer !== undefined)
  ) {
    detach(buffer);
  }
  source.onDrained();
}
