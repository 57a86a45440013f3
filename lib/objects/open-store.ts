import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { Environment, environmentParts } from '../environment/environment.ts';
import { open } from '../environment/open.ts';
import type { OpenOptions } from '../transaction/open-options.ts';
import { type ObjectSource, objectSourceOf } from '../versions/engine/object-source.ts';
import { DEFAULT_CACHE } from './base.ts';
import { storePath } from './names/registry.ts';
import type { AnyClass, Root } from './reading.ts';
import { Store } from './store.ts';
import type { RemoteStore } from './wire/remote-store.ts';

/** The options of `openStore`: those of `open`, and these. */
export interface OpenStoreOptions extends OpenOptions {
  /**
   * How many objects the store has decoded in memory at most, and how many entries of collections each of its views. What was not used for the longest time goes
   * first; half of the bound stays in any case. While snapshots are open, there can be half as many again, of versions that were changed since. An object with ten fields takes some 400 bytes.
   * Default 200,000.
   */
  cache?: number;
}

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

/** The options of `openStore` for a store that was connected to. */
export interface OpenRemoteStoreOptions {
  /** Persistent classes that the server is to know from the beginning. Others are told when an object of theirs is stored, which takes a trip more. */
  readonly classes?: readonly AnyClass<object>[];
  /** How many states of objects and entries are here at most. What was not used for long goes. Default 200,000. */
  readonly cache?: number;
}

/** What `connect()` of `leasehold/client` gives. */
export interface ConnectedStore {
  readonly id: string;
  readonly tid: number;
  close(): Promise<void>;
}

/**
 * Opens a store of persistent objects: by its name, by the path of its folder, or in an environment that is open, whose store is the same each
 * time. Given a store, gives that.
 * A text with a '/', '\\' or '.' is a path. A name is looked up in LEASEHOLD_STORES, in the nearest leasehold.json and in the user's configuration directory: see
 * docs/command-line.md. `ERR_NO_STORE` for a name that is nowhere.
 * `close()` of a store that was given an environment leaves that open. `openStore<{ frob?: Frob }>(…)` says what the root has. Throws what
 * `open` throws.
 *
 * Given what `connect()` has given, gives a promise of the store of objects there: see RemoteStore. It is made if it is absent. Its `close()` leaves the connection open. Rejected with
 * `ERR_NO_COLLECTION` if it is absent and may not be made, with `ERR_FORBIDDEN`, and with `ERR_INVALID_ARG_TYPE`.
 */
export function openStore<R extends object = Root>(
  where: ConnectedStore,
  options?: OpenRemoteStoreOptions,
): Promise<RemoteStore<R>>;
export function openStore<R extends object = Root>(
  where: string | Environment | Store<R>,
  options?: OpenStoreOptions,
): Store<R>;
export function openStore<R extends object = Root>(
  where: string | Environment | Store<R> | ConnectedStore,
  options: OpenStoreOptions | OpenRemoteStoreOptions = {},
): Store<R> | Promise<RemoteStore<R>> {
  checkObject(options, 'options');
  const { cache = DEFAULT_CACHE, ...others } = options;
  checkSize(cache, 'cache', 1, Number.MAX_SAFE_INTEGER);
  if (where instanceof Store) return where as Store<R>;
  if (where instanceof Environment) return storeOf(where, false, cache) as Store<R>;
  const source = objectSourceOf(where);
  if (source !== undefined) return openRemote<R>(source, cache, others as OpenRemoteStoreOptions);
  if (typeof where !== 'string') {
    throw invalidType('where', 'a name, a path, an Environment, a Store, or what connect() has given', where);
  }
  const environment = open(storePath(where), others as OpenOptions);
  try {
    return storeOf(environment, true, cache) as Store<R>;
  } catch (error) {
    environment.close();
    throw error;
  }
}

async function openRemote<R extends object>(
  source: ObjectSource,
  cache: number,
  options: OpenRemoteStoreOptions,
): Promise<RemoteStore<R>> {
  checkOptionNames(options, ['classes'], 'openStore() of a connected store');
  const { classes = [] } = options;
  if (!Array.isArray(classes)) throw invalidType('classes', 'an array of persistent classes', classes);
  // Only those who need it load it.
  const remote = await import('./wire/remote-store.ts');
  return remote.RemoteStore.open<R>(source, cache, classes);
}
