import { native } from '../native/native.ts';
import { withKey } from '../read/encoded.ts';
import type { OpenCollection } from '../read/open-collection.ts';
import type { OpenTransact } from '../transaction/open-transact.ts';

/** Begins a savepoint in an optimistic transaction. Savepoints end in reverse order. */
export function beginSavepoint({ handle }: OpenTransact): void {
  native.transactMark(handle);
}

/** Ends the last savepoint. `takesBack`: whether what was written since is taken back. What was read since is checked at the commit all the same. */
export function endSavepoint({ open, handle }: OpenTransact, takesBack: boolean): void {
  if (open) native.transactEndMark(handle, takesBack);
}

/** The commit of a transaction checks that a key which it has written has this version, in place of that of its snapshot. */
export function expectVersion(
  { handle }: OpenTransact,
  collection: OpenCollection,
  key: unknown,
  version: number,
): void {
  withKey(collection, key, (offset, length) => {
    native.transactExpect(handle, collection.id, offset, length, version);
  });
}
