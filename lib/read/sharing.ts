import type { Views } from '../lease/lease.ts';
import type { CollectionId } from '../native/handles.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { ValueCodec } from '../value/codec.ts';
import type { ValueCoder } from '../value/coder.ts';

/** What sharing has to know of a collection. */
export interface SharedCollection {
  readonly id: CollectionId;
  readonly value: ValueCodec<never, unknown>;
  valueIn(transaction: OpenTransaction): ValueCoder<never, unknown>;
}

/** Gives the values of collections whose readers share one decoded value for each state. */
export interface Sharing {
  /** The value of the key at `offset` in the writer, undefined if the key is absent. */
  get(collection: SharedCollection, transaction: OpenTransaction, offset: number, length: number): unknown;
  /** Whether a value that it gave is frozen for good. Any other is a copy for the caller alone. */
  isShared(collection: SharedCollection, value: unknown): boolean;
  /** The views of a collection, with values that are shared. */
  shared(collection: SharedCollection, views: Views): Views;
  /** The same with values that are frozen but not shared: a write transaction may have written them itself. */
  unshared(collection: SharedCollection, views: Views): Views;
}

/** The views of a collection that shares values, and those from which they were made. */
export interface SharedViews {
  readonly from: Views;
  readonly shared: Views;
  readonly unshared: Views;
}
