import type { Lease } from '../lease/lease.ts';
import type { Foreign, Writer } from '../writer.ts';

/** How a collection's values are written and read. `V` is what is taken, `VView` what is given. */
export interface ValueCodec<V, VView> {
  readonly name: string;
  /** What the database remembers of this codec, as JSON: for a struct, its schema. */
  readonly description: unknown;
  /** Whether what `view` gives asks the lease each time it is read. */
  readonly aims: boolean;
  /**
   * Writes a value at the writer's position and advances it, or returns the bytes that hold it already. Checks the
   * value whole before it returns. User code can run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`,
   * `ERR_INVALID_ARG_VALUE`.
   */
  write(value: V, writer: Writer): Foreign | undefined;
  /** What stands at a place of a lease. Throws `ERR_CODEC`, or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): VView;
  /**
   * Throws `ERR_CODEC`, naming what differs, unless records written under `remembered` (an earlier `description`) can
   * be read with this codec and the other way round. Gives what is to be remembered from now on.
   */
  accept(remembered: unknown): unknown;
}

/**
 * A codec whose records sort as the values do, and that serves for keys as well as for values. As a key codec its
 * `write` never gives Foreign bytes: `toKeyCodec` sees to that.
 */
export interface OrderedCodec<V, VView> extends ValueCodec<V, VView> {
  readonly prefix: 'bytes';
}
