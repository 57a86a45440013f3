import { LeaseholdError } from '../errors.ts';
import { CONTROL_BYTES, CONTROL_BYTES_HIGH, CONTROL_ROWS, control, native } from '../native.ts';
import { PrimordialArrayBuffer } from '../primordials.ts';
import type { Counters } from './counters.ts';
import { type Lease, ROW_BYTES } from './lease.ts';

/** A source that has ended and still has leases: what the queue drains. */
export interface Draining {
  readonly handle: number;
  readonly counters: Counters;
  /** Which snapshot it stands on. */
  readonly snapshot: number;
  /** Called once the last lease has gone. */
  onDrained(): void;
}

/** How long the sinks of a source that has ended have to be dropped before they are moved, in ms. */
const DELAY = 100;
/** The same once somebody waits for it. */
const HASTE = 5;
/** How long moving may take between two turns of the event loop, in ms. */
const SLICE = 1;
/** More snapshots than this do not wait to be drained: each holds a reader slot, and pages back from being used again. */
const MOST_SNAPSHOTS = 4;

/** Moves what ended sources have lent onto the heap, a slice at a time, and gives their snapshots back. */
export class DrainQueue {
  /** The sources that wait, by snapshot, the oldest first. */
  readonly #waiting = new Map<number, Set<Draining>>();
  /** Those of them that somebody waits for. */
  readonly #urgent = new Set<Draining>();
  /** Takes the next slice off the event loop again, if it is planned. */
  #cancel: (() => void) | undefined;

  add(source: Draining): void {
    const sources = this.#waiting.get(source.snapshot);
    if (sources === undefined) this.#waiting.set(source.snapshot, new Set([source]));
    else sources.add(source);
    if (this.#waiting.size > MOST_SNAPSHOTS) {
      const [oldest] = this.#waiting.values();
      for (const waiting of [...(oldest as Set<Draining>)]) this.finish(waiting);
    }
    if (this.#cancel === undefined) this.#plan(DELAY);
  }

  /** Drains a source soon, and keeps the process alive until then. */
  hasten(source: Draining): void {
    if (!this.#waiting.get(source.snapshot)?.has(source) || this.#urgent.has(source)) return;
    this.#urgent.add(source);
    this.#cancel?.();
    this.#plan(HASTE);
  }

  /** Drains one source on the spot. Throws `ENOMEM` if memory cannot be had; nothing is lost then. */
  finish(source: Draining): void {
    while (step(source));
    this.#done(source);
  }

  /** Drains everything on the spot. Throws `ENOMEM`. */
  finishAll(): void {
    for (const sources of [...this.#waiting.values()]) for (const source of [...sources]) this.finish(source);
  }

  #done(source: Draining): void {
    const sources = this.#waiting.get(source.snapshot);
    sources?.delete(source);
    if (sources?.size === 0) this.#waiting.delete(source.snapshot);
    this.#urgent.delete(source);
    source.onDrained();
  }

  #next(): Draining | undefined {
    for (const source of this.#urgent) return source;
    for (const sources of this.#waiting.values()) for (const source of sources) return source;
    return undefined;
  }

  #plan(delay: number): void {
    const urgent = this.#urgent.size > 0;
    if (delay === 0) {
      const immediate = setImmediate(() => this.#slice());
      if (!urgent) immediate.unref();
      this.#cancel = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(() => this.#slice(), delay);
      if (!urgent) timer.unref();
      this.#cancel = () => clearTimeout(timer);
    }
  }

  #slice(): void {
    this.#cancel = undefined;
    const end = performance.now() + SLICE;
    let source = this.#next();
    try {
      while (source !== undefined && performance.now() < end) {
        let more = true;
        // The clock is read once for a few leases.
        for (let i = 0; i < 8 && more; i++) more = step(source);
        if (more) continue;
        this.#done(source);
        source = this.#next();
      }
    } catch (error) {
      if (!(error instanceof LeaseholdError) || error.code !== 'ENOMEM') throw error;
      this.#plan(DELAY);
      return;
    }
    if (source !== undefined) this.#plan(0);
  }
}

/** Moves the next lease of a source; false if there is none left. Throws `ENOMEM`. */
function step(source: Draining): boolean {
  const lease = native.nextLease(source.handle) as Lease | undefined;
  if (lease === undefined) return false;
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
  return true;
}

/** Expires every lease of a source at once. */
export function expireAll(source: Draining): void {
  for (;;) {
    const lease = native.nextLease(source.handle) as Lease | undefined;
    if (lease === undefined) break;
    native.dropLease(source.handle);
    lease.expire();
  }
  source.onDrained();
}
