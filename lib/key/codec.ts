import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import type { ValueCodec } from '../value/codec.ts';
import type { JoinForm } from '../value/join-form.ts';
import type { KeyText } from '../value/text-form.ts';

/** How a collection's keys are written and read: all that is known of them. `K` is what is taken, `KView` what is given. */
export interface KeyCodec<K, KView> {
  readonly name: string;
  /** What a prefix means: leading elements of a tuple, leading bytes, or nothing (such a codec has no prefixes). */
  readonly prefix: 'elements' | 'bytes' | 'none';
  /** Whether what `view` gives asks the lease each time it is read. */
  readonly aims: boolean;
  readonly text: KeyText;
  /** How native code joins on whole keys. */
  readonly join: JoinForm;
  /**
   * The index just after the element at `position` of a key that begins at `origin`, for keys that have elements: those are
   * joined on by their numbers, and made of several fields.
   */
  readonly skipElement?: (bytes: Uint8Array, origin: number, position: number, end: number) => number;
  /** The codec for values of the same form, unless this one serves for them itself. */
  readonly asValue?: ValueCodec<never, unknown>;
  /**
   * Writes a key at the writer's position and advances it. User code that a key may contain (getters, proxies) can
   * run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`.
   */
  write(key: K, writer: Writer): void;
  /** What stands at a place of a lease. Throws `ERR_CODEC`, or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): KView;
}
