import { now } from '../../base/clock.ts';
import { finalizationRegister, freezeClass } from '../../base/primordials.ts';
import { native } from '../../native/native.ts';
import type { Draining } from './draining.ts';

/** The longest wait, in ms. */
const LONGEST = 1000;
/** From so many leases on, a collection of young objects is not enough: most of them may be old and dropped. */
const MANY = 256;
/** The growth outside of its heap at which V8 begins to mark, and does so in steps. */
const PROVOCATION = 2 ** 26 + 2 ** 23;

/** Tells of a collection of old objects: one of young objects leaves to a registry what it waits for. */
const oldCollected = new FinalizationRegistry<() => void>((tell) => tell());

/**
 * The wait for the collector before sources are drained. What is weakly reachable is not yet known to be held: right after
 * a scan of which nothing was kept, most leases still look alive, and would be moved for nothing.
 */
export class CollectorWait {
  /** When it began, and the count of collections then. */
  #since = 0;
  #collectionsBefore = 0;
  /** Whether V8 was made to collect old objects, and has. */
  #provoked = false;
  #collectedOld = false;

  begin(): void {
    this.#since = now();
    this.#collectionsBefore = native.collectorRuns();
    this.#provoked = this.#collectedOld = false;
  }

  /** Whether the collector has had its chance with the leases of `first` and all behind it, or it has taken too long. */
  isOver(first: Draining | undefined): boolean {
    const waited = now() - this.#since;
    if (waited >= LONGEST) return true;
    if (this.#provoked) return this.#collectedOld;
    if (native.collectorRuns() !== this.#collectionsBefore && haveFewLeases(first)) return true;
    // Most of what waits may be old and dropped, or nothing here makes V8 collect: it is made to, at half time.
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

/** Whether so few leases wait that it does not matter if some of them are old and dropped. */
function haveFewLeases(first: Draining | undefined): boolean {
  let leases = 0;
  for (let source = first; source !== undefined && leases < MANY; source = source.nextDraining) {
    leases += native.leaseCount(source.handle);
  }
  return leases < MANY;
}
