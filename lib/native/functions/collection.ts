import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';
import type { CollectionStat } from '../stat.ts';

/** Finds collections and makes them. */
export interface CollectionFunctions {
  /**
   * The number of the collection that a transaction sees under a name, -1 if it sees none. Every collection that was ever made
   * has another number, which is the same in all transactions. `name` null is the unnamed database.
   */
  findCollection(transaction: Handle, name: string | null): CollectionId;
  /** The same, but makes the collection if the transaction sees none. With COLLECTION_DUPSORT, it has several values a key. */
  makeCollection(transaction: Handle, name: string, flags: number): CollectionId;
  /** Whether its keys can have several values. */
  hasDuplicates(environment: NativeEnvironment, collection: CollectionId): boolean;
  collections(transaction: Handle): string[];
  collectionStat(transaction: Handle, collection: CollectionId): CollectionStat;
}
