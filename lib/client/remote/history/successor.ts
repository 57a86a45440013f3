import { LeaseholdError } from '../../../base/errors.ts';
import type { SeenStore } from '../../../cache/history/seen-store.ts';
import type { Tid } from '../../../versions/engine/engine.ts';
import type { ClientHello, SeenCommit, ServerHello } from '../../../wire/hello.ts';

/** What a client says to a server: the store that it was connected to before and the last commit that it was told there, or else what its cache was told. */
export function helloAfter(storeId: string | undefined, after: SeenCommit, seen: SeenStore | undefined): ClientHello {
  if (storeId !== undefined) return { storeId, after };
  return seen === undefined ? {} : { storeId: seen.storeId, after: { tid: seen.tid, nonce: seen.nonce } };
}

/**
 * Checks that a client which was told the commits of a store up to `processed` can go on with this server. `ERR_SNAPSHOT_LOST`; `ERR_DISCONNECTED` if the
 * server may be asked again later.
 */
export function checkSuccessor({ reset, storeId, tid }: ServerHello, before: string, processed: Tid): void {
  if (storeId !== before) {
    throw new LeaseholdError(
      'ERR_SNAPSHOT_LOST',
      'another store than before is at this address: check the address, then connect again, and read everything again',
    );
  }
  if (reset === 'other-history') {
    throw new LeaseholdError(
      'ERR_SNAPSHOT_LOST',
      'the server has another history than before: it was restored from a copy, or has lost commits: connect again, and read everything again',
    );
  }
  if (tid < processed) {
    throw new LeaseholdError('ERR_DISCONNECTED', `the server is behind: it knows ${tid} commits, and not ${processed}`);
  }
}
