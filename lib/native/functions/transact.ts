import type { CollectionId, Handle, NativeEnvironment } from '../handles.ts';

/** Begins and commits optimistic transactions. Reads take them as read transactions, changes as write transactions; `readEnd` ends them. */
export interface TransactFunctions {
  /** Begins one. `notesReads`: whether the commit checks also what was read, and not only what was written. */
  transactBegin(environment: Handle, notesReads: boolean): Handle;
  /** Takes the turn of the database for this environment, unless somebody has it: a thread of this process, or another process. Gives whether it has it now. */
  transactTurnTake(environment: Handle): boolean;
  /** Gives it back. Closing the environment does so, too. */
  transactTurnRelease(environment: Handle): void;
  /** Whether anybody has it. */
  transactTurnIsTaken(environment: Handle): boolean;
  /** Whether it has written anything. */
  transactWrites(transaction: Handle): boolean;
  /** Remembers what it has written by now. Each call is ended by one of `transactEndMark`; the last one that was made ends first. */
  transactMark(transaction: Handle): void;
  /** Ends the last mark. `takeBack`: whether what was written since is taken back. What was read stays noted. */
  transactEndMark(transaction: Handle, takeBack: boolean): void;
  /** The commit checks that a key that the transaction has written has this version, in place of that of its snapshot. */
  transactExpect(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    version: number,
  ): void;
  /**
   * Commits what it has written, in another thread, if what it has read and written has not changed since it began. The promise is
   * fulfilled with true; or with the conflicts, if nothing was written for those: for each a collection and the bytes of a key, one after the
   * other, with null for a range in which something has changed.
   */
  transactCommit(
    transaction: Handle,
    environment: NativeEnvironment,
  ): Promise<true | (CollectionId | Uint8Array | null)[]>;
}
