import { clearImmediate, clearTimeout, now, setImmediate, setTimeout } from '../../base/clock.ts';
import { freezeClass } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import { splitGroups } from '../group.ts';
import { CollectorWait } from './collector-wait.ts';
import type { Draining } from './draining.ts';
import { isOutOfMemory, moveNext } from './moving.ts';

/** The time between two checks whether the garbage collector has run, in ms. */
const POLL = 20;
/** How long a drain that somebody waits for is delayed, in ms. */
const HASTE = 5;
/** How long to wait after a lack of memory before the next try, in ms. */
const RETRY = 100;
/** How long moving may take between two turns of the event loop, in ms. */
const SLICE = 1;
/** If more snapshots than this wait, the oldest are drained at once. Each holds a reader slot, and keeps LMDB from reusing pages. */
const MOST_SNAPSHOTS = 4;
/** If more sources than this wait, the older half is drained at once, even if all are on one snapshot. */
const MOST_SOURCES = 65_536;
/** After this many new sources, the queue drops those of them that a collection has left with nothing to move. */
const SWEEP_EVERY = 1024;

let firstQueue: DrainQueue | undefined;

/** Drains all waiting sources of this thread, of all environments. Throws `ENOMEM`. */
export function finishAllDrains(): void {
  while (firstQueue !== undefined) firstQueue.finishAll();
}

/** Moves the leases of ended sources to the heap, in slices of time, and then releases the snapshots. */
export class DrainQueue {
  /** Returns how many snapshots have no open transaction any more, and wait to be drained. */
  readonly #snapshots: () => number;
  #first: Draining | undefined;
  #last: Draining | undefined;
  #length = 0;
  /** The last urgent source. Urgent sources are at the front of the queue. */
  #lastUrgent: Draining | undefined;
  readonly #wait = new CollectorWait();
  /** Cancels the planned timer or immediate. */
  #cancel: (() => void) | undefined;
  /** Makes the planned timer keep the process alive. */
  #keepAlive: (() => void) | undefined;
  /** Whether a slice is planned. If not, a check of the collector may be. */
  #slicing = false;
  /** How many sources, at the end of the queue, have not been swept; and the count of collections at the last sweep. */
  #unswept = 0;
  #sweptAt = 0;
  /** How many moved bytes V8 does not count yet. */
  #hidden = 0;
  /** The neighbours in the list of this thread's queues that are not empty. */
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
      // There is no memory now. The source stays in the queue.
      if (!isOutOfMemory(error)) throw error;
    }
    if (this.#cancel === undefined && this.#first !== undefined) this.#await();
  }

  /** Begins to wait for the collector. */
  #await(): void {
    this.#wait.begin();
    this.#plan(POLL, () => this.#poll());
  }

  #poll(): void {
    this.#cancel = undefined;
    const isOver = this.#wait.isOver(this.#first);
    for (let source = this.#first; source !== undefined; source = source.nextDraining) {
      // The collector has to look once more at what is split now.
      if (source.hasGroups) split(source);
      else if (isOver) source.due = true;
    }
    if (isOver) this.#slice();
    else this.#plan(POLL, () => this.#poll());
  }

  /** Removes those of the newest sources that a collection has left with nothing to move. */
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

  /** Drains one source now. If this throws `ENOMEM`, nothing is lost. */
  finish(source: Draining): void {
    source.revoke();
    this.#done(source);
  }

  /** Drains everything now. Throws `ENOMEM`. */
  finishAll(): void {
    while (this.#first !== undefined) this.finish(this.#first);
  }

  #done(source: Draining): void {
    // The drain may have run code of another addon, and that code may have finished this source.
    if (!this.#has(source)) return;
    this.#remove(source);
    try {
      source.onDrained();
    } catch (error) {
      // For example a stack overflow. The source goes back to the queue.
      this.#insert(source, undefined);
      throw error;
    }
  }

  #has(source: Draining): boolean {
    return this.#first === source || source.previousDraining !== undefined;
  }

  /** Like `#remove`, this calls nothing, so that a stack overflow cannot leave the list half changed. */
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
      // Not unref'ed: without other work, the event loop would not run it. It does not keep the process alive for long.
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
        // Reads the clock only once for several leases.
        for (let i = 0; i < 8 && bytes >= 0; i++) {
          bytes = moveNext(source);
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

  /** Makes V8 count the moved bytes. */
  #reveal(): void {
    native.hideExternal(-this.#hidden);
    this.#hidden = 0;
  }
}

freezeClass(DrainQueue);

function split(source: Draining): void {
  splitGroups(source);
  source.hasGroups = false;
}
