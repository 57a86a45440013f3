import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';

/** How a collection's keys are written and read. `K` is what is taken, `KView` what is given. */
export interface KeyCodec<K, KView> {
  readonly name: string;
  /** What a prefix means: leading elements of a tuple, leading bytes, or nothing (such a codec has no prefixes). */
  readonly prefix: 'elements' | 'bytes' | 'none';
  /** Whether what `view` gives asks the lease each time it is read. */
  readonly aims: boolean;
  /**
   * Writes a key at the writer's position and advances it. User code that a key may contain (getters, proxies) can
   * run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`.
   */
  write(key: K, writer: Writer): void;
  /** What stands at a place of a lease. Throws `ERR_CODEC`, or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): KView;
}
