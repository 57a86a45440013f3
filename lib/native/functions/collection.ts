import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';
import type { CollectionStat } from '../stat.ts';

/** Finds collections and makes them. */
export interface CollectionFunctions {
  /**
   * The collection of that name that a transaction sees, -1 if it sees none: for each that was ever made another number,
   * but the same for all who see it. `name` null is the unnamed database.
   */
  findCollection(transaction: Handle, name: string | null): CollectionId;
  /** The same, made if the transaction sees none; with COLLECTION_DUPSORT then for several values a key. */
  makeCollection(transaction: Handle, name: string, flags: number): CollectionId;
  /** Whether its keys can have several values. */
  hasDuplicates(environment: NativeEnvironment, collection: CollectionId): boolean;
  collections(transaction: Handle): string[];
  collectionStat(transaction: Handle, collection: CollectionId): CollectionStat;
}
