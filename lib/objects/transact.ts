import { invalidValue, LeaseholdError } from '../base/errors.ts';
import { environmentParts } from '../environment/environment.ts';
import { currentTransact } from '../transaction/async-reads.ts';
import { transact } from '../versions/transact.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import type { Base } from './base.ts';
import type { LiveView } from './view/live-view.ts';
import { currentTransactView, TransactView } from './view/transact-view.ts';

/** See `Store.transact`. `fn` gets the view of the transaction. */
export async function transactObjects<T>(
  base: Base,
  live: LiveView,
  fn: (view: TransactView) => T | PromiseLike<T>,
  options: TransactOptions | undefined,
): Promise<T> {
  if (options?.isolation === 'snapshot') {
    throw invalidValue(
      "store.transact() is serializable: with isolation: 'snapshot', an object that is referred to could be deleted by collect() meanwhile",
    );
  }
  const { state, environment } = base;
  const outer = currentTransactView(state);
  if (outer?.base === base) return outer.savepoint(() => fn(outer));
  if (currentTransact(state) !== undefined) {
    throw new LeaseholdError(
      'ERR_BUSY',
      'store.transact() cannot begin inside env.transact(), whose commit it would not learn of: call env.transact() inside store.transact()',
      { path: environment.path },
    );
  }
  if (live.isWriting) {
    throw new LeaseholdError(
      'ERR_BUSY',
      'store.transact() cannot begin inside store.write(): what it reads would be older than what store.write() has written. Change the objects ' +
        'directly, or call store.transact() after store.write()',
      { path: environment.path },
    );
  }
  let view: TransactView | undefined;
  const { collections } = environmentParts(environment);
  try {
    const result = await transact(
      state,
      (id) => collections.byId(id),
      async (txn) => {
        view?.rollBack();
        view = new TransactView(base, txn, live);
        live.suspend();
        const given = await fn(view);
        view.finish();
        return given;
      },
      options,
      (conflicts) => (view as TransactView).resolve(conflicts),
    );
    view?.committed();
    live.refresh();
    return result;
  } catch (error) {
    view?.rollBack();
    throw error;
  }
}
