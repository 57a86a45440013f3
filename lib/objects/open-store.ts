import { invalidType } from '../base/errors.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { Environment } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import type { OpenOptions } from '../transaction/open-options.ts';
import { type Root, Store } from './store.ts';

/** The stores of environments that programs have opened: each has one, so that an object has one handle. */
const stores = new WeakMap<Environment, Store>();

function storeOf(environment: Environment): Store {
  let store = weakMapGet(stores, environment);
  if (store === undefined) {
    store = new Store(environment, false);
    weakMapSet(stores, environment, store);
  }
  return store;
}

/**
 * Opens a store of persistent objects: by the path of its folder, or in an environment that is open, whose store is the same each time.
 * `close()` of a store that was given an environment leaves that open. `openStore<{ frob?: Frob }>(…)` says what the root has. Throws what
 * `open` throws.
 */
export function openStore<R extends object = Root>(where: string | Environment, options: OpenOptions = {}): Store<R> {
  if (where instanceof Environment) return storeOf(where) as Store<R>;
  if (typeof where !== 'string') throw invalidType('where', 'a path, or an Environment', where);
  return new Store(open(where, options), true);
}
