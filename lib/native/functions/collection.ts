import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';
import type { CollectionStat } from '../stat.ts';

/** Finds collections and makes them. */
export interface CollectionFunctions {
  /**
   * The number of the collection that a transaction sees under a name; -1 if it sees none. Each collection that was ever made has its own
   * number, which is the same in all transactions. The name null means the unnamed database.
   */
  findCollection(transaction: Handle, name: string | null): CollectionId;
  /** Like `findCollection`, but makes the collection if the transaction sees none. `flags` are the COLLECTION_ flags. */
  makeCollection(transaction: Handle, name: string, flags: number): CollectionId;
  /** Gives a collection the flags COLLECTION_… that mdb_dump and mdb_load have lost. Returns the number that it has from then on. */
  restoreFlags(transaction: Handle, collection: CollectionId, flags: number): CollectionId;
  /** The COLLECTION_ flags of a collection. */
  collectionFlags(environment: NativeEnvironment, collection: CollectionId): number;
  collections(transaction: Handle): string[];
  collectionStat(transaction: Handle, collection: CollectionId): CollectionStat;
}
