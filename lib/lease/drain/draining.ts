import type { NativeSource } from '../source.ts';

/** A source that has ended and may still have leases. A DrainQueue drains these. */
export interface Draining extends NativeSource {
  /** The neighbours in the queue. The queue is a linked list, since an array or a Map would use prototypes that a program can patch. */
  nextDraining: Draining | undefined;
  previousDraining: Draining | undefined;
  /** Whether somebody waits for the source to drain. */
  urgent: boolean;
  /** Whether the source can be drained now: somebody waits for it, or the wait for the collector is over. */
  due: boolean;
  hasGroups: boolean;
  /** Called when no lease is left. */
  onDrained(): void;
}
