import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { ROOT } from './base.ts';
import { handleOf, slots, viewOf } from './handle.ts';
import { allOf } from './listing.ts';
import type { Handle } from './model.ts';
import { fieldValues } from './pluck.ts';
import { SnapshotView, snapshotEnded } from './view/snapshot-view.ts';
import { TransactView } from './view/transact-view.ts';
import { StoreView } from './view/view.ts';

/** The root of a store: an object whose properties are what is stored. */
// biome-ignore lint/suspicious/noExplicitAny: a program stores what it likes.
export type Root = { [name: string]: any };

/** A class of which a view can list the objects. */
export type AnyClass<T> = abstract new (...args: never[]) => T;

/** The names of what objects have that is no method: those of fields are among them. */
export type FieldName<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? never : K }[keyof T] & string;

/** What can be read of a store: the newest version, a snapshot or a transaction. */
export interface Reading<R> {
  /** The root: what is reachable from it is stored. */
  readonly root: R;
  /**
   * All objects of a class and of those that extend it, in the order of their ids; those too that nothing refers to any more and `collect` has not deleted.
   * `OpaqueObject`: all objects of classes that the program does not know.
   */
  all<T extends object>(of: AnyClass<T>): IterableIterator<T>;
  /**
   * What one field has in each of these objects, in the same order; undefined where it is absent. For sums and other reports over very many objects: the
   * field is read of the records, and no objects are made. Plain values are frozen, inside of a write too. `ERR_INVALID_ARG_VALUE` if the class has no such field,
   * `ERR_INVALID_ARG_TYPE` for anything but a persistent class.
   */
  pluck<T extends object, K extends FieldName<T>>(of: AnyClass<T>, field: K): IterableIterator<T[K]>;
  /** The object of this view for an object of another one. `ERR_NO_OBJECT` if it is not there. */
  get<T extends object>(object: T): T;
}

export function objectHere(view: StoreView, object: unknown): Handle {
  const handle = handleOf(object);
  const id = handle === undefined ? 0 : slots.id(handle);
  if (handle === undefined || id === 0) throw invalidType('the object', 'an object that is stored', object);
  const own = viewOf(handle);
  if (own.base !== view.base) throw invalidType('the object', 'an object of this store', object);
  return own === view ? handle : view.object(id);
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

  pluck<T extends object, K extends FieldName<T>>(of: AnyClass<T>, field: K): IterableIterator<T[K]> {
    return fieldValues(this.#open(), of, field) as Generator<never>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#open(), object) as unknown as T;
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

/** What transactions read. */
export abstract class TransactionReads<R extends object> implements Reading<R> {
  readonly #view: StoreView;

  /** Not for users: `store.transact()` makes these. */
  constructor(view: StoreView) {
    if (!(view instanceof StoreView)) throw invalidType('view', 'what store.transact() passes', view);
    this.#view = view;
  }

  get root(): R {
    return this.#view.object(ROOT) as R;
  }

  all<T extends object>(of: AnyClass<T>): IterableIterator<T> {
    return allOf(this.#view, of) as IterableIterator<T>;
  }

  pluck<T extends object, K extends FieldName<T>>(of: AnyClass<T>, field: K): IterableIterator<T[K]> {
    return fieldValues(this.#view, of, field) as Generator<never>;
  }

  get<T extends object>(object: T): T {
    return objectHere(this.#view, object) as unknown as T;
  }
}

/** What the function of `store.transact` gets. */
export class ObjectTransaction<R extends object = Root> extends TransactionReads<R> {
  readonly #view: TransactView;

  /** Not for users: `store.transact()` makes these. */
  constructor(view: TransactView) {
    if (!(view instanceof TransactView)) throw invalidType('view', 'what store.transact() passes', view);
    super(view);
    this.#view = view;
  }

  static {
    inspectAs(ObjectTransaction.prototype, (self) => `ObjectTransaction { ${self.#view.isOpen ? 'open' : 'ended'} }`);
  }
}
