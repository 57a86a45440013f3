import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/**
 * The numbers of shared states: the place of a decoded value in an array that JavaScript has. A state is known by its collection, its key and the
 * tid of the commit that wrote it. `keyOffset` and `keyLength` are the place of its key.
 */
export interface StateFunctions {
  /** Makes the table of an environment. `limit` is how many bytes its states may have. */
  makeStates(environment: NativeEnvironment, limit: number): true;
  /**
   * Looks a key up in a transaction of either kind. Returns the number of the state; NOT_FOUND if the key is absent; NOT_SHARED if the
   * state is not in the table; NOT_COMMITTED if it can be in no table, since the transaction itself has written it. In the other
   * cases, CONTROL_TID and CONTROL_TID_HIGH have the tid, and CONTROL_VALUE_LENGTH the length of the value.
   */
  findShared(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** The number of a state; NOT_SHARED if it is not in the table. */
  findState(
    environment: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    tid: number,
    tidHigh: number,
  ): number;
  /** Adds a state of `size` bytes, and returns its number; NOT_SHARED if it is too large for the table. */
  addState(
    environment: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    tid: number,
    tidHigh: number,
    size: number,
  ): number;
  /** Removes a state from a table that is above its limit, and returns its number; NOT_SHARED if the table is not. */
  evictState(environment: Handle): number;
  /** How many states a table has, and how many bytes. */
  stateCounts(environment: NativeEnvironment): { states: number; bytes: number };
}
