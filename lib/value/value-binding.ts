import type { ValueCoder } from './coder.ts';

/** What a codec keeps in the database beside the values of one collection, as a write transaction sees it. */
export interface SideData {
  load(): string | undefined;
  /** Replaces it, for good if the transaction commits. */
  save(text: string): void;
}

/** The values of one collection, for a codec that keeps something beside them. */
export interface ValueBinding<V, VView> {
  /** For a read transaction, which sees `kept`; and for values that are written later, in a transaction not yet begun. */
  reading(kept: string | undefined): ValueCoder<V, VView>;
  /** For a write transaction. What it gives may be the same as for the one before, and serves only the last. */
  writing(kept: SideData): ValueCoder<V, VView>;
}
