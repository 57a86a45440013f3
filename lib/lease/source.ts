import type { SourceName } from '../native/handles.ts';
import type { Counters } from './counters.ts';

/**
 * Something that lends memory to leases, and takes it back at a known moment: a snapshot of a database, an ArrayBuffer, a received
 * block, an object of another addon. Leases, sinks and drains see only this interface.
 */
export interface Source {
  /** The object or number by which native code knows it. */
  readonly handle: SourceName;
  readonly counters: Counters;
  /** Whether its leases expire at its end. If not, they move to the heap. */
  readonly invalidate: boolean;
  /** Settles once the source has ended and nothing needs its memory any more. */
  readonly drained: Promise<void>;
  /**
   * A new lease of this source. It reads nothing until a native call has lent it rows. (Views and Lease, which import this
   * file, are named by who implements it.)
   */
  lend(views: object, reaimed?: boolean): object;
  /**
   * Takes back at once what it has lent so far: it moves to the heap, or expires. The memory may change after that. A
   * snapshot's does not change while it is open, and stays lent until then. `ENOMEM`: nothing is lost.
   */
  revoke(): void;
  /** Lends no more, and takes back what it has lent, at once or when it drains. Ending twice does nothing. */
  end(): void;
  /** A leased ArrayBuffer over bytes that were lent: `length` bytes from `offset` on in a window. */
  lendBuffer(window: number, offset: number, length: number): ArrayBuffer;
  /** What another addon gets to see of such bytes. */
  resolve(window: number, offset: number, length: number): object;
}
