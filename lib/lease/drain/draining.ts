import type { Source } from '../source.ts';

/** A source that has ended and may still have leases: what a DrainQueue drains. */
export interface Draining extends Source {
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
