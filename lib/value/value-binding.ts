import type { ValueCoder } from './coder.ts';

/** The side data of a codec in one collection, as a write transaction sees it. */
export interface SideData {
  load(): string | undefined;
  /** Replaces the side data. A rollback restores it. */
  save(text: string): void;
}

/** Makes the coders of one collection, for a codec with side data. */
export interface ValueBinding<V, VView> {
  /** The coder for a read transaction that sees `sideData`; also for values that a later transaction will write. */
  reading(sideData: string | undefined): ValueCoder<V, VView>;
  /** The coder for a write transaction. It may be the object of the transaction before, which must not use it any more. */
  writing(sideData: SideData): ValueCoder<V, VView>;
}
