import type { Foreign, Writer } from '../base/writer.ts';
import type { Lease } from '../lease/lease.ts';

/** Writes and reads values. `V` is what is taken, `VView` what is given. */
export interface ValueCoder<V, VView> {
  /**
   * Writes a value at the writer's position and advances it, or returns the bytes that hold it already. Checks the
   * value whole before it returns. User code can run meanwhile. Throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`,
   * `ERR_INVALID_ARG_VALUE`.
   */
  write(value: V, writer: Writer): Foreign | undefined;
  /** What stands at a place of a lease. Throws `ERR_CODEC`, or `ERR_LEASE_EXPIRED`. */
  view(lease: Lease, at: number): VView;
}

/** How a collection's values are written and read. */
export interface ValueCodec<V, VView> extends ValueCoder<V, VView> {
  readonly name: string;
  /** What the database remembers of this codec, as JSON: for a struct, its schema. */
  readonly description: unknown;
  /** Whether what `view` gives asks the lease each time it is read. */
  readonly aims: boolean;
  /**
   * For a codec that keeps something in the database beside the values: makes what writes and reads those of one
   * collection. The codec itself then writes values that can be read without, and reads those.
   */
  readonly bind?: () => ValueBinding<V, VView>;
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

/** What a codec keeps in the database beside the values of one collection, as a write transaction sees it. */
export interface Kept {
  load(): string | undefined;
  /** Replaces it, for good if the transaction commits. */
  save(text: string): void;
}

/** The values of one collection, for a codec that keeps something beside them. */
export interface ValueBinding<V, VView> {
  /** For a read transaction, which sees `kept`; and for values that are written later, in a transaction not yet begun. */
  reading(kept: string | undefined): ValueCoder<V, VView>;
  /** For a write transaction. What it gives may be the same as for the one before, and serves only the last. */
  writing(kept: Kept): ValueCoder<V, VView>;
}
