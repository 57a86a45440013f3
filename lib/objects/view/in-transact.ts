import { weakSetAdd, weakSetHas } from '../../base/primordials.ts';
import { transactAround } from '../../transaction/async-reads.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import type { OpenTransact } from '../../transaction/open-transact.ts';
import { wrongView } from '../errors.ts';

/** The transactions of `store.transact`. */
const transacts = new WeakSet<OpenTransact>();

export function addTransact(open: OpenTransact): void {
  weakSetAdd(transacts, open);
}

/** Throws `ERR_BUSY` in the function of a `store.transact` that has not ended: what the newest version has does not belong to it. */
export function checkNotInTransact(state: EnvironmentState): void {
  const around = transactAround(state);
  if (around?.open === true && weakSetHas(transacts, around)) throw wrongView();
}
