import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { microtask } from '../base/clock.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { OwnMap } from '../base/own-map.ts';
import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { givenKeyCodec, givenValueCodec } from '../environment/given-codecs.ts';
import type { KeyCodec } from '../key/codec.ts';
import type { AnyValueCodec } from '../value/custom.ts';
import { newCommitId } from '../versions/engine/commit-id.ts';
import type { StateWrite, Tid } from '../versions/engine/engine.ts';
import { setObjectSource } from '../versions/engine/object-source.ts';
import { caughtUp, isTold, reached } from '../versions/engine/reached.ts';
import { tryCommit } from '../versions/engine/try-commit.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import type { Backend, StoreCounters } from './backend.ts';
import { CollectionCodecs } from './collection-codecs.ts';
import { EngineReads } from './engine-reads.ts';
import type { Pipeline, PipelineResult } from './pipeline/pipeline.ts';
import { runPipeline } from './pipeline/run-pipeline.ts';
import { codecsOf, ReadableCollection } from './readable-collection.ts';
import type { Reads } from './reads.ts';
import type { ConnectionState } from './remote/link.ts';
import { type CollectionStore, conflict, StoreCollection, type StoreRead } from './store-collection.ts';
import type { StoreOperation } from './store-operation.ts';
import { type StoreTransaction, transactionCollection, transactionReads } from './store-transaction.ts';
import { StoreView, viewReads } from './store-view.ts';
import { transact } from './transact.ts';
import { CollectionWatch } from './watch.ts';

/** How to open a collection of a store. */
export interface StoreCollectionOptions<K, V, KView, VView> {
  /** The codec of its keys. Default: what the database remembers. */
  readonly key?: KeyCodec<K, KView>;
  readonly value?: AnyValueCodec<V, VView> | KeyCodec<V, VView>;
  /** Make the collection if it is absent and its codecs are given. Default true. */
  readonly create?: boolean;
}

/** How often a commit is tried whose server has trimmed its log of changes each time before it came. */
const MOST_RUNS = 10;

let backendIn: (store: Store) => Backend;
let setStateOf: (store: Store, state: ConnectionState) => void;

/** What a store stands on. */
export function storeBackend(store: Store): Backend {
  return backendIn(store);
}

/** Tells a store the state of its connection. */
export function setStoreState(store: Store, state: ConnectionState): void {
  setStateOf(store, state);
}

/**
 * A store: the same collections and transactions, whether they are in a folder of this host or on a server. `connect()` gives it. All promises are rejected with
 * `ERR_ENV_CLOSED` once it is closed.
 */
export class Store {
  readonly #backend: Backend;
  readonly #stateListeners: ((state: ConnectionState) => void)[] = [];
  readonly #codecs = new OwnMap<string, CollectionCodecs>();
  readonly #collectionStore: CollectionStore;
  #state: ConnectionState = 'connected';

  /** Not for users: `connect()` makes these. */
  constructor(backend: Backend) {
    this.#backend = backend;
    setObjectSource(this, backend);
    this.#collectionStore = {
      commit: (writes, reads) => this.#commit(writes, reads),
      within: (given, codecs) => this.#within(given, codecs),
      writable: (given, codecs) => transactionCollection(given, backend, codecs),
      transact: (fn, options) => this.transact(fn, options),
      watch: (codecs, options) => new CollectionWatch(codecs, backend.engine, options as never),
    };
  }

  /** The id of the store: the same for all that open it. */
  get id(): string {
    return this.#backend.engine.storeId;
  }

  /** The newest commit that it has been told. */
  get tid(): number {
    return this.#backend.engine.processed();
  }

  /** Where it stands with its server; 'connected' for a folder. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether writes fail with `ERR_READ_ONLY`, since the server that answers now only reads. */
  get readOnly(): boolean {
    return this.#backend.isReadOnly;
  }

  /** Calls `listener` when `state` changes. Returns the store. `ERR_INVALID_ARG_VALUE` for another event, `ERR_INVALID_ARG_TYPE`. */
  on(event: 'state', listener: (state: ConnectionState) => void): this {
    checkStateListener(event, listener);
    this.#stateListeners.push(listener);
    return this;
  }

  off(event: 'state', listener: (state: ConnectionState) => void): this {
    checkStateListener(event, listener);
    const at = this.#stateListeners.lastIndexOf(listener);
    if (at >= 0) this.#stateListeners.splice(at, 1);
    return this;
  }

  /**
   * A collection. Its codecs are those that the database remembers, or those given here, which must fit. Nothing is asked of a server before the
   * first use: errors (`ERR_NO_COLLECTION`, `ERR_CODEC`, …) come then. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
   */
  collection<K = unknown, V = unknown, KView = K, VView = V>(
    name: string,
    options: StoreCollectionOptions<K, V, KView, VView> = {},
  ): StoreCollection<K, V, KView, VView> {
    checkObject(options, 'options');
    checkOptionNames(options, ['key', 'value', 'create'], 'collection()');
    const { key, value, create = true } = options;
    const given = { key: givenKeyCodec(key), value: givenValueCodec(value), create };
    const hasCodecs = given.key !== undefined || given.value !== undefined;
    const codecs = hasCodecs
      ? new CollectionCodecs(this.#backend, checkName(name), given)
      : this.#codecsOf(checkName(name));
    return new StoreCollection(codecs, new EngineReads(this.#backend, () => this.tid), this.#collectionStore);
  }

  /** The names of the collections that can be seen. */
  collections(): Promise<string[]> {
    return this.#backend.collections();
  }

  /**
   * A consistent view of all collections. With `sync`, at least of all that any client had committed before the call; without, of the newest commit that
   * this store has been told. What `sync()` throws.
   */
  async snapshot({ sync = false }: { readonly sync?: boolean } = {}): Promise<StoreView> {
    if (sync) await this.sync();
    return new StoreView(this.#backend, await this.#backend.snapshot(), (collection) => this.#codecsOf(collection));
  }

  /**
   * Waits until the store has been told all that any client had committed before the call. `ERR_READ_ONLY` while only a standby of PostgreSQL answers: it may lack what was committed
   * last.
   */
  async sync(): Promise<void> {
    const { engine } = this.#backend;
    await reached(engine, await this.#backend.sync());
  }

  /**
   * Calls a function with a transaction, which may wait, and commits what it has written: whole, if nobody has changed meanwhile what it has read; if somebody has, the
   * function is called again. `ERR_CONFLICT` if that goes on; what the function throws, with nothing written. `ERR_OUTCOME_UNKNOWN` if the
   * commit was sent and no answer has come.
   */
  transact<T>(fn: (transaction: StoreTransaction) => T | PromiseLike<T>, options?: TransactOptions): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    return transact(this.#backend, (collection) => this.#codecsOf(collection), fn, options);
  }

  /**
   * Reads keys that depend on each other in one trip: the key of a step can be a field of what a step before it reads. Gives what the function has returned, with values in
   * the place of the steps, undefined for keys that are absent. All are read as of one commit: that of the view, or that which the transaction reads, if one is given.
   *
   * ```js
   * const { order, customer } = await store.pipeline((p) => {
   *   const order = p.get(orders, 17);
   *   return { order, customer: p.get(customers, order.field('customer')) };
   * });
   * ```
   *
   * `ERR_NO_COLLECTION`, `ERR_CODEC`, `ERR_FORBIDDEN`, `ERR_KEY_SIZE`, `ERR_ASYNC_CALLBACK` if the function is async, what the
   * key codec throws for a value that is no key, and what `pipeline.get()` throws.
   */
  async pipeline<R>(fn: (pipeline: Pipeline) => R, within?: StoreRead): Promise<PipelineResult<R>> {
    return runPipeline(this.#backend, this.#readsOf(within), fn);
  }

  /** Makes several changes in one commit, all or none, and gives its number. `ERR_CONFLICT` if a key has not the version that `ifVersion` says. */
  async batch(operations: readonly StoreOperation[]): Promise<number | undefined> {
    if (!Array.isArray(operations)) throw invalidType('operations', 'an array', operations);
    const writes: StateWrite[] = [];
    const reads: { collection: string; key: Uint8Array; tid: Tid }[] = [];
    for (const operation of operations as StoreOperation[]) {
      checkObject(operation, 'an operation');
      const { type, collection, key, ifVersion } = operation;
      if (type !== 'put' && type !== 'del') throw invalidValue("the type of an operation is 'put' or 'del'");
      const codecs = await this.#codecsOf(collection).get();
      const at = { collection: codecs.name, key: codecs.encodeKey(key) };
      writes.push({ ...at, bytes: type === 'put' ? codecs.encodeValue(operation.value) : undefined });
      if (ifVersion !== undefined) reads.push({ ...at, tid: ifVersion });
    }
    if (writes.length === 0) return undefined;
    const tid = await this.#commit(writes, reads);
    if (tid === undefined)
      throw conflict('a key of the batch has another version than ifVersion says: nothing was written');
    return tid;
  }

  /** What its cache has counted, and what came before it was asked for. Undefined with neither: see the options `cache` and `prefetch` of `connect()`. */
  counters(): StoreCounters | undefined {
    return this.#backend.counters();
  }

  /** Ends all that waits, and closes the connection or the folder. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  static {
    backendIn = (store) => store.#backend;
    setStateOf = (store, state) => store.#setState(state);
    inspectAs(Store.prototype, (self) => `Store { id: '${self.id}', tid: ${self.tid}, state: '${self.state}' }`);
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of [...this.#stateListeners]) {
      try {
        listener.call(this, state);
      } catch (error) {
        // The connection must go on, whatever a listener throws.
        microtask(() => {
          throw error;
        });
      }
    }
  }

  #codecsOf(collection: unknown): CollectionCodecs {
    const ofCollection = codecsOf(collection, this.#backend);
    if (ofCollection !== undefined) return ofCollection;
    const name = checkName(collection);
    const known = this.#codecs.get(name);
    if (known !== undefined) return known;
    const given = { key: undefined, value: undefined, create: false };
    const codecs = new CollectionCodecs(this.#backend, name, given);
    this.#codecs.set(name, codecs);
    return codecs;
  }

  /** The tid of the commit, once the store has been told it: whoever reads then sees it. */
  async #commit(
    writes: readonly StateWrite[],
    reads: readonly { collection: string; key: Uint8Array; tid: Tid }[],
  ): Promise<Tid | undefined> {
    const { engine } = this.#backend;
    for (let run = 1; ; run++) {
      const base = engine.processed();
      const answer = await tryCommit(engine, { commitId: newCommitId(), base, reads, ranges: [], writes });
      if ('tid' in answer) {
        await isTold(engine, answer.tid);
        return answer.tid;
      }
      if (answer.cause === undefined) return undefined;
      if (run === MOST_RUNS) throw answer.cause;
      await caughtUp(engine, base);
    }
  }

  #readsOf(given: StoreRead | undefined): Reads {
    if (given === undefined) return new EngineReads(this.#backend, () => this.tid);
    return viewReads(given, this.#backend) ?? transactionReads(given, this.#backend);
  }

  #within(given: StoreRead, codecs: CollectionCodecs): ReturnType<CollectionStore['within']> {
    const reads = viewReads(given, this.#backend);
    if (reads !== undefined) return new ReadableCollection(codecs, reads);
    return transactionCollection(given, this.#backend, codecs);
  }
}

function checkStateListener(event: unknown, listener: unknown): void {
  if (event !== 'state') throw invalidValue("a store has one event only: 'state'");
  if (typeof listener !== 'function') throw invalidType('listener', 'a function', listener);
}

function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalidType('the name of a collection', 'a string', name);
  if (name === '') throw invalidValue('the name of a collection is empty');
  if (name.length > MOST_KEY_BYTES) throw invalidValue(`the name of a collection has at most ${MOST_KEY_BYTES} bytes`);
  return name;
}
