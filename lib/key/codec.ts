import type { Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';
import type { ValueCodec } from '../value/codec.ts';
import type { JoinForm } from '../value/join-form.ts';
import type { KeyText } from '../value/text-form.ts';

/** How the keys of a collection are written, read, joined and printed. `K` is the type of keys that it takes, `KView` of those that it returns. */
export interface KeyCodec<K, KView> {
  readonly name: string;
  /** What a prefix means: leading elements of a tuple, leading bytes, or nothing (such a codec has no prefixes). */
  readonly prefix: 'elements' | 'bytes' | 'none';
  /** Whether a view asks its lease for the bytes each time that the view is read. See `Views.aimsKey`. */
  readonly aims: boolean;
  readonly text: KeyText;
  /** How native code joins on whole keys. */
  readonly join: JoinForm;
  /**
   * For keys with elements: the index just after the element at `position` of a key that begins at `origin`. With this, a join can
   * name an element by its index, and an import can make a key of several fields.
   */
  readonly skipElement?: (bytes: Uint8Array, origin: number, position: number, end: number) => number;
  /** The codec for values of the same form, unless this codec can be used for values itself. */
  readonly asValue?: ValueCodec<never, unknown>;
  /**
   * Writes a key at the writer's position, and advances the position. User code of the key (getters, proxies) can
   * run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`.
   */
  write(key: K, writer: Writer): void;
  /** The view of a key at a place of a lease. Throws `ERR_CODEC` or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): KView;
}
