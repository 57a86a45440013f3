import type { CollectionId, Handle } from '../handles.ts';

/** Functions for collections whose values expire. */
export interface ExpiryFunctions {
  /** The time in ms since 1970 after which a key's value is absent, 0 if it stays; NOT_FOUND if the key is absent. */
  expiresAt(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** In how many ms a sweep of a collection has something to do, at the earliest; NOT_FOUND if it never has. */
  dueIn(transaction: Handle, collection: CollectionId): number;
  /** For tests and `leasehold verify`: the clock of this process, by which values expire, differs from the system's by so many ms from now on. */
  shiftClock(by: number): true;
}
