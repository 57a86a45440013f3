import { checkObject, checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { Environment, environmentParts } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import type { OpenOptions } from '../transaction/open-options.ts';
import { storePath } from './names/registry.ts';
import type { Root } from './reading.ts';
import { Store } from './store.ts';

/** The options of `openStore`: those of `open`, and these. */
export interface OpenStoreOptions extends OpenOptions {
  /**
   * How many objects the store has decoded in memory at most, and how many entries of collections each of its views. What was not used for the longest time goes
   * first; half of the bound stays in any case. While snapshots are open, there can be half as many again, of versions that were changed since. An object with ten fields takes some 400 bytes.
   * Default 200,000.
   */
  cache?: number;
}

const DEFAULT_CACHE = 200_000;

/** The stores of environments: each has one, so that an object has one handle. */
const stores = new WeakMap<Environment, Store>();

function storeOf(environment: Environment, closes: boolean, cache: number): Store {
  environmentParts(environment).state.checkOpen();
  let store = weakMapGet(stores, environment);
  if (store === undefined) {
    store = new Store(environment, closes, cache);
    weakMapSet(stores, environment, store);
  }
  return store;
}

/**
 * Opens a store of persistent objects: by its name, by the path of its folder, or in an environment that is open, whose store is the same each
 * time. Given a store, gives that.
 * A text with a '/', '\\' or '.' is a path. A name is looked up in LEASEHOLD_STORES, in the nearest leasehold.json and in the user's configuration directory: see
 * docs/command-line.md. `ERR_NO_STORE` for a name that is nowhere.
 * `close()` of a store that was given an environment leaves that open. `openStore<{ frob?: Frob }>(…)` says what the root has. Throws what
 * `open` throws.
 */
export function openStore<R extends object = Root>(
  where: string | Environment | Store<R>,
  options: OpenStoreOptions = {},
): Store<R> {
  checkObject(options, 'options');
  const { cache = DEFAULT_CACHE, ...others } = options;
  checkSize(cache, 'cache', 1, Number.MAX_SAFE_INTEGER);
  if (where instanceof Store) return where as Store<R>;
  if (where instanceof Environment) return storeOf(where, false, cache) as Store<R>;
  if (typeof where !== 'string') throw invalidType('where', 'a name, a path, an Environment, or a Store', where);
  const environment = open(storePath(where), others);
  try {
    return storeOf(environment, true, cache) as Store<R>;
  } catch (error) {
    environment.close();
    throw error;
  }
}
