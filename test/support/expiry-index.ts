import { native } from '../../lib/native/native.ts';
import { EnvironmentState } from '../../lib/transaction/environment-state.ts';

/** How many entries the index by time of a collection has. */
export function indexed(path: string, name: string): number {
  const state = new EnvironmentState(path, {});
  try {
    const transaction = native.readBegin(state.handle, false) as number;
    const id = native.findCollection(transaction, `__leasehold_expiry:${name}`);
    const { entries } = native.collectionStat(transaction, id);
    native.readEnd(transaction);
    return entries;
  } finally {
    state.close();
  }
}
