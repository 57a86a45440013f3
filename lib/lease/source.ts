import type { SourceName } from '../native/handles.ts';
import type { Counters } from './counters.ts';

/**
 * What lends memory to leases, and takes it back at a known moment: a snapshot of a database, an ArrayBuffer, a block that was
 * received, an object of another addon. Leases, sinks and drains know no more of it than this.
 */
export interface Source {
  /** What native code knows it by. */
  readonly handle: SourceName;
  readonly counters: Counters;
  /** Whether what it lent can expire. If not, it moves to the heap. */
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
