import { LeaseholdError } from '../../base/errors.ts';
import type { Tid } from '../../versions/engine/engine.ts';
import type { ServerHello } from '../../wire/hello.ts';

/**
 * Checks that a client which was told the commits of a store up to `processed` can go on with this server. `ERR_SNAPSHOT_LOST`; `ERR_DISCONNECTED` if the
 * server may be asked again later.
 */
export function checkSuccessor({ reset, storeId, tid }: ServerHello, before: string, processed: Tid): void {
  if (reset === 'other-history' || storeId !== before) {
    throw new LeaseholdError(
      'ERR_SNAPSHOT_LOST',
      'the server has another history than before: it was restored from a copy, or has lost commits: connect again, and read everything again',
    );
  }
  if (tid < processed) {
    throw new LeaseholdError('ERR_DISCONNECTED', `the server is behind: it knows ${tid} commits, and not ${processed}`);
  }
}
