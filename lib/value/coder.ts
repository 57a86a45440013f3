import type { Foreign, Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';

/** Writes and reads values. `V` is what it takes, `VView` what it gives. */
export interface ValueCoder<V, VView> {
  /**
   * Writes a value at the writer's position, and advances the position; or returns bytes that contain it already. Checks the
   * whole value. User code can run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`,
   * `ERR_INVALID_ARG_VALUE`.
   */
  write(value: V, writer: Writer): Foreign | undefined;
  /** The view of a value at a place of a lease. Throws `ERR_CODEC` or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): VView;
}
