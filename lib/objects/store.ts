import { invalidType, LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { Environment } from '../environment/environment.ts';
import type { TransactOptions } from '../versions/transact-options.ts';
import { Base, ROOT } from './base.ts';
import { type CheckOptions, check } from './check/check.ts';
import type { Problem } from './check/problem.ts';
import { dictionaryDefinition } from './collections/dictionary.ts';
import { type Collected, type CollectOptions, collect } from './garbage/collect.ts';
import { handleOf } from './handle.ts';
import { allOf } from './listing.ts';
import { LockManager } from './locks/lock-manager.ts';
import { LiveView } from './view/live-view.ts';
import { SnapshotView, snapshotEnded } from './view/snapshot-view.ts';
import { TransactView } from './view/transact-view.ts';
import type { StoreView } from './view/view.ts';

/** The root of a store: an object whose properties are what is stored. */
// biome-ignore lint/suspicious/noExplicitAny: a program stores what it likes.
export type Root = { [name: string]: any };

/** A class of which a view can list the objects. */
type AnyClass<T> = abstract new (...args: never[]) => T;

/** What can be read of a store: the newest version, a snapshot or a transaction. */
interface Reading<R> {
  /** The root: what is reachable from it is stored. */
  readonly root: R;
  /** All objects of a class and of those that extend it, in the order of their ids; those too that nothing refers to any more and `collect` has not deleted. */
  all<T extends object>(of: AnyClass<T>): IterableIterator<T>;
  /** The object of this view for an object of another one. `ERR_NO_OBJECT` if it is not there. */
  get<T extends object>(object: T): T;
}

function objectHere(view: StoreView, object: unknown): object {
  const handle = handleOf(object);
  if (handle === undefined || handle.id === 0) throw invalidType('the object', 'an object that is stored', object);
  if (handle.view.base !== view.base) throw invalidType('the object', 'an object of this store', object);
  return handle.view === view ? (object as object) : view.object(handle.id);
}

/** One version of a store, for as long as it is needed: thousands can be open, and those of one version share everything. */
export class Snapshot<R extends object = Root> implements Reading<R> {
  readonly #view: SnapshotView;
  #isOpen = true;

  /** Not for users: `store.snapshot()` makes these. */
  constructor(view: SnapshotView) {
    if (!(view instanceof SnapshotView)) throw invalidType('view', 'what store.snapshot() passes', view);
    this.#view = view;
  }

  /** The number of the commit. */
  get tid(): number {
    return this.#view.tid;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get root(): R {
    return this.#open().object(ROOT) as R;
  }

  all<T extends object>(of: AnyClass<T>): IterableIterator<T> {
    return allOf(this.#open(), of) as IterableIterator<T>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#open(), object) as T;
  }

  /** Ends it. Fields that were read before can still be read. Ending twice does nothing. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#view.release();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #open(): SnapshotView {
    if (!this.#isOpen) throw snapshotEnded();
    return this.#view;
  }

  static {
    inspectAs(Snapshot.prototype, (self) => `Snapshot { tid: ${self.tid}, ${self.#isOpen ? 'open' : 'ended'} }`);
  }
}

/** What the function of `store.transact` gets. */
export class ObjectTransaction<R extends object = Root> implements Reading<R> {
  readonly #view: TransactView;

  /** Not for users: `store.transact()` makes these. */
  constructor(view: TransactView) {
    if (!(view instanceof TransactView)) throw invalidType('view', 'what store.transact() passes', view);
    this.#view = view;
  }

  get root(): R {
    return this.#view.object(ROOT) as R;
  }

  all<T extends object>(of: AnyClass<T>): IterableIterator<T> {
    return allOf(this.#view, of) as IterableIterator<T>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#view, object) as T;
  }

  static {
    inspectAs(ObjectTransaction.prototype, (self) => `ObjectTransaction { ${self.#view.isOpen ? 'open' : 'ended'} }`);
  }
}

/** A store of persistent objects. `R` is what its root has. */
export class Store<R extends object = Root> implements Reading<R> {
  readonly #base: Base;
  readonly #live: LiveView;
  readonly #closes: boolean;
  /** The snapshot that was opened last, which others of its version share. */
  #newest: SnapshotView | undefined;
  #locks: LockManager | undefined;

  /** Not for users: `openStore()` makes these. */
  constructor(environment: Environment, closes: boolean, mostCached: number) {
    this.#base = new Base(environment, mostCached);
    this.#live = new LiveView(this.#base);
    this.#closes = closes;
    this.#makeRoot();
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

  get root(): R {
    return this.#live.object(ROOT) as R;
  }

  all<T extends object>(of: AnyClass<T>): IterableIterator<T> {
    return allOf(this.#live, of) as IterableIterator<T>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#live, object) as T;
  }

  /**
   * Calls `fn` in a write transaction, and commits all that it changes in objects and collections of this store, whole or not at all. If it throws,
   * everything is as before: the drafts of objects, too, and objects that were new are not stored. It must not be async. Inside another
   * `store.write` it can fail alone. Throws what `env.write` throws, `ERR_NOT_PERSISTENT`, `ERR_NO_OBJECT`.
   */
  write<T>(fn: () => T): T {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    return this.#live.write(fn);
  }

  /**
   * Calls `fn` in a transaction that may wait; see `env.transact`. Use the objects that `txn.root`, `txn.get(object)` and `txn.all(Class)` give: those of
   * `store.root` do not belong to it. It is called again if others have changed what it has read. `ERR_CONFLICT`.
   */
  async transact<T>(fn: (txn: ObjectTransaction<R>) => T | PromiseLike<T>, options?: TransactOptions): Promise<T> {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    let view: TransactView | undefined;
    try {
      const result = await this.#base.environment.transact(async (txn) => {
        view?.rollBack();
        view = new TransactView(this.#base, txn);
        const given = await fn(new ObjectTransaction(view));
        view.flush();
        return given;
      }, options);
      view?.committed(this.#live);
      this.#live.refresh();
      return result;
    } catch (error) {
      view?.rollBack();
      throw error;
    }
  }

  /** A consistent look at the newest version, until it is ended: `using view = store.snapshot()`. It takes no lock, and costs almost nothing. */
  snapshot(): Snapshot<R> {
    const txn = this.#base.environment.read();
    const newest = this.#newest;
    if (newest?.isOpen && newest.tid === txn.tid) {
      txn.end();
      newest.use();
      return new Snapshot(newest);
    }
    this.#newest = new SnapshotView(this.#base, txn);
    return new Snapshot(this.#newest);
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
   * Rejected with `ABORT_ERR`, `ERR_READ_ONLY`, `ERR_CODEC` if a record is damaged, and with what `env.batch` is rejected with.
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
    if (this.#closes) this.#base.environment.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #makeRoot(): void {
    const { objects, classes, environment, state } = this.#base;
    if (objects.has(ROOT)) return;
    if (state.readOnly) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        'there is no store of objects here, and the environment is read-only',
        {
          path: environment.path,
        },
      );
    }
    environment.write((txn) => {
      if (objects.has(ROOT, txn)) return;
      objects.put(ROOT, { stored: classes.of(dictionaryDefinition), values: [], references: [] }, txn);
    });
  }

  static {
    inspectAs(Store.prototype, (self) => `Store '${self.#base.environment.path}'`);
  }
}
