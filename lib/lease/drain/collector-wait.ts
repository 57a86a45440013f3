import { now } from '../../base/clock.ts';
import { finalizationRegister, freezeClass } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import type { Draining } from './draining.ts';

/** The longest wait, in ms. */
const LONGEST = 1000;
/** From this many leases on, wait for a collection of old objects: most of the leases may be old, and already dropped. */
const MANY = 256;
/** A growth of external memory for which V8 begins to mark, in steps. */
const PROVOCATION = 2 ** 26 + 2 ** 23;

/** Notices a collection of old objects: a collection of young objects does not take an object that a registry watches. */
const oldCollected = new FinalizationRegistry<() => void>((tell) => tell());

/**
 * The wait for the garbage collector before sources are drained. A lease looks alive until the collector has run, even if nothing holds it.
 * So right after an iteration of which nothing was kept, most leases would be moved for nothing.
 */
export class CollectorWait {
  /** When the wait began, and the count of collections at that time. */
  #since = 0;
  #collectionsBefore = 0;
  /** Whether this has made V8 begin to collect old objects, and whether V8 has done so. */
  #provoked = false;
  #collectedOld = false;

  begin(): void {
    this.#since = now();
    this.#collectionsBefore = native.collectorRuns();
    this.#provoked = this.#collectedOld = false;
  }

  /** True if the collector has looked at the leases of `first` and of all sources after it in the queue, or if the wait has taken too long. */
  isOver(first: Draining | undefined): boolean {
    const waited = now() - this.#since;
    if (waited >= LONGEST) return true;
    if (this.#provoked) return this.#collectedOld;
    if (native.collectorRuns() !== this.#collectionsBefore && haveFewLeases(first)) return true;
    // Most of the leases may be old, or this program may not make V8 collect at all. So at half time, make V8 collect.
    if (waited >= LONGEST / 2) {
      this.#provoked = true;
      finalizationRegister(oldCollected, {}, () => {
        this.#collectedOld = true;
      });
      native.provokeCollector(PROVOCATION);
    }
    return false;
  }
}

freezeClass(CollectorWait);

/** Whether so few leases wait that it does not matter if some of them are moved for nothing. */
function haveFewLeases(first: Draining | undefined): boolean {
  let leases = 0;
  for (let source = first; source !== undefined && leases < MANY; source = source.nextDraining) {
    leases += native.leaseCount(source.handle);
  }
  return leases < MANY;
}
