import { types } from 'node:util';
import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { append, bareArray } from '../base/primordials.ts';
import type { Environment } from '../environment/environment.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import { type Base, baseOf, ROOT } from './base.ts';
import { type CheckOptions, check } from './check/check.ts';
import type { Problem } from './check/problem.ts';
import { asyncWrite } from './errors.ts';
import { type Collected, type CollectOptions, collect } from './garbage/collect.ts';
import { slots } from './handle.ts';
import { allOf } from './listing.ts';
import { LockManager } from './locks/lock-manager.ts';
import { makeRoot } from './make-root.ts';
import { fieldValues } from './pluck.ts';
import {
  type AnyClass,
  type FieldName,
  ObjectTransaction,
  objectHere,
  type Reading,
  type Root,
  Snapshot,
} from './reading.ts';
import { transactObjects } from './transact.ts';
import { checkNotInTransact } from './view/in-transact.ts';
import { LiveView } from './view/live-view.ts';
import { SnapshotView } from './view/snapshot-view.ts';
import {
  callOnChange,
  type ObjectChange,
  type ObjectWatchOptions,
  type Unwatch,
  type Watch,
  watchArguments,
  watchObject,
} from './watch.ts';

const { isAsyncFunction } = types;

/** What `store.counters()` gives. */
export interface StoreCounters {
  /** States that views share at present. */
  readonly states: number;
  /** How many states were made of records since the store was opened. */
  readonly decodes: number;
  /** How often a view has found that a state had been made already. */
  readonly shared: number;
  /** Objects of the newest version and of all open snapshots. */
  readonly handles: number;
  /** Versions of which snapshots are open. */
  readonly views: number;
  /** Snapshots that are open. */
  readonly snapshots: number;
}

function remove<T>(list: T[], item: T): void {
  let kept = 0;
  for (let i = 0; i < list.length; i++) if (list[i] !== item) list[kept++] = list[i] as T;
  list.length = kept;
}

/** A store of persistent objects. `R` is what its root has. */
export class Store<R extends object = Root> implements Reading<R> {
  readonly #base: Base;
  readonly #live: LiveView;
  readonly #closes: boolean;
  #locks: LockManager | undefined;
  /** The versions of which snapshots are open, the one that was opened last at the end: others of its version share it. */
  readonly #views: SnapshotView[] = bareArray();

  /** Not for users: `openStore()` makes these. */
  constructor(environment: Environment, closes: boolean, mostCached: number) {
    this.#base = baseOf(environment, mostCached);
    this.#live = new LiveView(this.#base);
    this.#closes = closes;
    makeRoot(this.#base);
  }

  /** The environment in which the objects are. */
  get environment(): Environment {
    return this.#base.environment;
  }

  /** Locks by name between all threads, processes and programs that have the store open. */
  get locks(): LockManager {
    this.#locks ??= new LockManager(this.#base.environment);
    return this.#locks;
  }

  /** See Reading. `ERR_BUSY` inside `store.transact`. */
  get root(): R {
    checkNotInTransact(this.#base.state);
    return this.#live.object(ROOT) as R;
  }

  all<T extends object>(of: AnyClass<T>): IterableIterator<T> {
    return allOf(this.#live, of) as IterableIterator<T>;
  }

  pluck<T extends object, K extends FieldName<T>>(of: AnyClass<T>, field: K): IterableIterator<T[K]> {
    return fieldValues(this.#live, of, field) as Generator<never>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#live, object) as unknown as T;
  }

  /**
   * Calls `fn` in a write transaction, and commits all that it changes in objects and collections of this store, whole or not at all. If it throws,
   * everything is as before: the drafts of objects, too, and objects that were new are not stored. It must not be async. Inside another
   * `store.write` it can fail alone. Throws what `env.write` throws, `ERR_NOT_PERSISTENT`, `ERR_NO_OBJECT`.
   */
  write<T>(fn: () => T): T {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    if (isAsyncFunction(fn)) throw asyncWrite('it was not called');
    return this.#live.write(fn);
  }

  /**
   * Calls `fn` in a transaction that may wait; see `env.transact`. Use the objects that `txn.root`, `txn.get(object)` and `txn.all(Class)` give: those of
   * `store.root` do not belong to it. If others have changed what it has read or changed, `fn` is called again, unless the class of each object in conflict has
   * `resolve` and gives a state to store (see PersistentOptions). It is also called again if it uses an object that others have stored since it began. Inside
   * another `store.transact` it can fail alone: then only what it has changed is taken back. `ERR_CONFLICT`, `ERR_BUSY`, and what `env.transact` and `store.write` throw.
   */
  async transact<T>(fn: (txn: ObjectTransaction<R>) => T | PromiseLike<T>, options?: TransactOptions): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    this.#live.checkOpen();
    return transactObjects(this.#base, this.#live, (view) => fn(new ObjectTransaction(view)), options);
  }

  /** A consistent look at the newest version, until it is ended: `using view = store.snapshot()`. It takes no lock, and costs almost nothing. */
  snapshot(): Snapshot<R> {
    this.#live.checkOpen();
    const txn = this.#base.environment.read();
    const newest = this.#views[this.#views.length - 1];
    if (newest?.tid === txn.tid) {
      txn.end();
      const another = new Snapshot<R>(newest);
      newest.use();
      return another;
    }
    try {
      const view = new SnapshotView(this.#base, txn, () => remove(this.#views, view));
      const first = new Snapshot<R>(view);
      append(this.#views, view);
      return first;
    } catch (error) {
      // The stack overflowed.
      txn.end();
      throw error;
    }
  }

  /**
   * Tells of commits that change an object, of this and of other processes: of its fields, or of the entries of a persistent collection or a root. `object`
   * can belong to any view of this store. With `fn`, calls it with each change, one after the other, and returns a function that ends that; else
   * gives the changes as an async iterable: see Watch. `signal` ends both. `ERR_INVALID_ARG_TYPE`, `ERR_ENV_CLOSED`.
   */
  watch<T extends object, K = unknown>(
    object: T,
    fn: (change: ObjectChange<T, K>) => unknown,
    options?: ObjectWatchOptions,
  ): Unwatch;
  watch<T extends object, K = unknown>(object: T, options?: ObjectWatchOptions): Watch<T, K>;
  watch<T extends object, K = unknown>(
    object: T,
    first?: ((change: ObjectChange<T, K>) => unknown) | ObjectWatchOptions,
    second?: ObjectWatchOptions,
  ): Unwatch | Watch<T, K> {
    this.#live.checkOpen();
    const { fn, signal } = watchArguments(first, second);
    const here = objectHere(this.#live, object);
    const watch = watchObject<T, K>(this.#base, here as unknown as T, slots.id(here), signal, () =>
      this.#live.refresh(),
    );
    return fn === undefined ? watch : callOnChange(watch, fn);
  }

  /** What the store has in memory, and what sharing has saved. */
  counters(): StoreCounters {
    const { size, hits, misses } = this.#base.states;
    let handles = this.#live.handleCount;
    let snapshots = 0;
    for (let i = 0; i < this.#views.length; i++) {
      const view = this.#views[i] as SnapshotView;
      handles += view.handleCount;
      snapshots += view.users;
    }
    return { states: size, decodes: misses, shared: hits, handles, views: this.#views.length, snapshots };
  }

  /** Lets what runs without waiting see what others have committed meanwhile: otherwise it sees one version. */
  refresh(): void {
    this.#live.refresh();
  }

  /**
   * Deletes the objects that nothing reaches from the root, with their rows, and gives how many. Reads and writes go on meanwhile, of all threads and
   * processes; it works in slices of a few ms. What others have written or referred to since it began is left to the next one. If it is
   * interrupted, by `signal` or a crash, the next one goes on. An object that a program holds and that is deleted throws `ERR_NO_OBJECT`.
   *
   * Rejected with `ABORT_ERR`, `ERR_READ_ONLY`, and with what `env.batch` is rejected with. `ERR_CODEC` if a record is damaged, whose object is `error.id`:
   * then nothing is deleted (see `skip` of CollectOptions).
   */
  collect(options: CollectOptions = {}): Promise<Collected> {
    return collect(this.#base, options);
  }

  /**
   * Reads one version of the whole store and gives what is wrong with it, as it finds it: `for await (const problem of store.check())`. A sound store
   * gives nothing. It works in slices of a few ms, and writes nothing. Rejected with `ABORT_ERR`.
   */
  check(options: CheckOptions = {}): AsyncGenerator<Problem, void, undefined> {
    return check(this.#base, options);
  }

  /** Closes the store, and its environment if `openStore` has opened that. */
  close(): void {
    this.#live.refresh();
    if (!this.#closes) return;
    this.#base.environment.close();
    this.#live.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  static {
    inspectAs(Store.prototype, (self) => `Store '${self.#base.environment.path}'`);
  }
}
