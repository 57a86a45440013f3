import type { SourceName } from '../native/handles.ts';
import type { Counters } from './counters.ts';

/**
 * Something that lends memory to leases and takes it back at a known moment: a read transaction, an ArrayBuffer, a received block, or an
 * object of another addon. Leases, sinks and drains use only this interface.
 */
export interface Source {
  readonly counters: Counters;
  /** Whether leases expire at the end of the source. If not, they move to the heap. */
  readonly invalidate: boolean;
  /** Settles once the source has ended and nothing needs its memory any more. */
  readonly drained: Promise<void>;
  /**
   * A new lease of this source. It reads nothing until it is aimed at rows. (The types here are `object`, since Views and Lease
   * are in a file that imports this one. Implementations name these types.)
   */
  lend(views: object, reaimed?: boolean): object;
  /**
   * Takes back at once all that the source has lent so far: it moves to the heap, or expires. The memory may change after that. The memory
   * of a snapshot does not change while its transaction is open, so there it stays lent. If this throws `ENOMEM`, nothing is lost.
   */
  revoke(): void;
  /** Stops lending, and takes back all that was lent, either now or in a later drain. A second call does nothing. */
  end(): void;
  /** A leased ArrayBuffer with bytes that were lent: `length` bytes of a window, from `offset` on. */
  lendBuffer(window: number, offset: number, length: number): ArrayBuffer;
  /** The opaque object by which another addon finds such bytes. */
  resolve(window: number, offset: number, length: number): object;
}

/** A source whose leases native code knows: it finds those that are still held, and moves their bytes. */
export interface NativeSource extends Source {
  /** The object or number by which native code knows the source. */
  readonly handle: SourceName;
  /** Whether it has lent groups that are not split yet. */
  readonly hasGroups: boolean;
}
