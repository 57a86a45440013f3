import { invalidType } from '../base/errors.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { Environment } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import type { OpenOptions } from '../transaction/open-options.ts';
import { Store } from './store.ts';

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
 * `close()` of a store that was given an environment leaves that open. Throws what `open` throws.
 */
export function openStore(where: string | Environment, options: OpenOptions = {}): Store {
  if (where instanceof Environment) return storeOf(where);
  if (typeof where !== 'string') throw invalidType('where', 'a path, or an Environment', where);
  return new Store(open(where, options), true);
}
