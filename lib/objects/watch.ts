import { checkSignal } from '../base/abort.ts';
import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { ITEMS, OBJECTS } from '../catalog/own-collections.ts';
import { ITEM_ENTRY, type ItemKeyView, itemKey } from '../key/item-key.ts';
import { ID_BYTES, idAt, putId } from '../key/object-id.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';
import { intersection, isEmpty } from '../versions/byte-range.ts';
import { decodeRecord, type RecordedChange } from '../versions/change-record.ts';
import { Feed } from '../versions/feed.ts';
import type { Base } from './base.ts';
import { entryKeys } from './collections/entry-keys.ts';

/** A commit that has changed an object that is watched. */
export interface ObjectChange<T = object, K = unknown> {
  /** The object, of the newest version. */
  readonly object: T;
  /**
   * The keys of a persistent collection, or the names of a root, that were set or deleted, in order. Empty if only fields have changed; undefined if any key
   * may have changed: after `clear()`, after a commit that changes more than 10,000 keys, and if commits were missed (see Watch).
   */
  readonly keys: readonly K[] | undefined;
  /** The number of the commit. */
  readonly tid: number;
}

/** What `store.watch` with a function returns: ends the watching. Ending twice does nothing. */
export type Unwatch = (() => void) & Disposable;

export interface ObjectWatchOptions {
  /** Ends the watching. */
  signal?: AbortSignal;
}

/** What `store.watch` gets behind the object: options, or a function and options. `ERR_INVALID_ARG_TYPE`. */
export function watchArguments<T, K>(
  first: ((change: ObjectChange<T, K>) => unknown) | ObjectWatchOptions | undefined,
  second: ObjectWatchOptions | undefined,
): { fn: ((change: ObjectChange<T, K>) => unknown) | undefined; signal: AbortSignal | undefined } {
  const fn = typeof first === 'function' ? first : undefined;
  if (fn === undefined && second !== undefined) throw invalidType('fn', 'a function, before the options', first);
  const options = (fn === undefined ? first : second) ?? {};
  checkObject(options, 'options');
  checkOptionNames(options, ['signal'], 'watch()');
  const { signal } = options as ObjectWatchOptions;
  checkSignal(signal);
  return { fn, signal };
}

/** Where changes come from: a Feed, or a server. */
export interface ChangeSource<C> {
  /** The newest commit that it has looked at. */
  readonly tid: number;
  next(): Promise<IteratorResult<C, undefined>>;
  [Symbol.dispose](): void;
}

/**
 * The commits that change an object, of all threads and processes, in their order. Nothing is buffered: each `next()` looks for the next one, or waits for
 * it. A program that is so slow that the log of changes does not reach back any more gets one change whose `keys` are undefined. While a `next()` waits,
 * the process does not end by itself. It is done when the store is closed, and after `return()`.
 *
 * `next()` is rejected with `ABORT_ERR` after `signal`; with `ERR_SNAPSHOT_LOST`, `ERR_CODEC` as that of a Feed.
 */
export class Watch<T, K> implements AsyncIterableIterator<ObjectChange<T, K>, undefined> {
  readonly #open: () => ChangeSource<ObjectChange<T, K>>;
  readonly #refresh: () => void;
  readonly #missed: (tid: number) => ObjectChange<T, K>;
  #feed: ChangeSource<ObjectChange<T, K>>;
  #isDone = false;

  /** Not for users: `store.watch()` makes these. */
  constructor(
    open: () => ChangeSource<ObjectChange<T, K>>,
    refresh: () => void,
    missed: (tid: number) => ObjectChange<T, K>,
  ) {
    this.#open = open;
    this.#refresh = refresh;
    this.#missed = missed;
    this.#feed = open();
  }

  async next(): Promise<IteratorResult<ObjectChange<T, K>, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    try {
      const found = await this.#feed.next();
      this.#refresh();
      return found;
    } catch (error) {
      const code = error instanceof LeaseholdError ? error.code : undefined;
      if (code === 'ERR_TOO_OLD') {
        this.#feed = this.#open();
        this.#refresh();
        return { done: false, value: this.#missed(this.#feed.tid) };
      }
      this.#isDone = true;
      if (code !== 'ERR_ENV_CLOSED') throw error;
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<ObjectChange<T, K>, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  #end(): void {
    this.#isDone = true;
    this.#feed[Symbol.dispose]();
  }

  static {
    inspectAs(Watch.prototype, (self) => `Watch {${self.#isDone ? ' done ' : ''}}`);
  }
}

/** Watches an object. `refresh` is called before a change is given, so that the program sees it. */
export function watchObject<T extends object, K>(
  base: Base,
  object: T,
  id: number,
  signal: AbortSignal | undefined,
  refresh: () => void,
): Watch<T, K> {
  const read = (record: Uint8Array, tid: number): ObjectChange<T, K> | undefined => {
    const { changes } = decodeRecord(record, tid, isOfObjects);
    const change = changeOf(id, changes);
    return change && Object.freeze({ object, keys: keysIn<K>(object, change), tid });
  };
  return new Watch(
    () => new Feed({ environment: base.state, read, place: undefined, signal }),
    refresh,
    (tid) => Object.freeze({ object, keys: undefined, tid }),
  );
}

/** What a commit has changed of an object: the rows of entries, undefined if they are not known. Undefined if it has changed nothing of it. */
export function changeOf(
  id: number,
  changes: readonly RecordedChange[],
): { readonly entries: readonly ItemKeyView[] | undefined } | undefined {
  let isChanged = false;
  let entries: readonly ItemKeyView[] | undefined = [];
  for (const change of changes) {
    if (!isOfObjects(change.collection)) continue;
    const own = within(change, change.collection === ITEMS ? rowsOfOwner(id) : onlyId(id));
    if (own === undefined) continue;
    isChanged = true;
    if (change.collection === ITEMS) entries = own === 'any' ? undefined : entriesOf(own);
  }
  return isChanged ? { entries } : undefined;
}

/** The keys of what has changed in a collection, as its programs see them. */
export function keysIn<K>(
  collection: object,
  { entries }: { readonly entries: readonly ItemKeyView[] | undefined },
): K[] | undefined {
  return entries && (entryKeys(collection, entries) as K[] | undefined);
}

function isOfObjects(name: string): boolean {
  return name === OBJECTS || name === ITEMS;
}

/** Calls `fn` with each change, and waits for what it returns before the next one. An error of `fn` is an uncaught exception, and the watching goes on. */
export function callOnChange<T, K>(watch: Watch<T, K>, fn: (change: ObjectChange<T, K>) => unknown): Unwatch {
  const run = async (): Promise<void> => {
    for await (const change of watch) {
      try {
        await fn(change);
      } catch (error) {
        throwUncaught(error);
      }
    }
  };
  run().catch((error: unknown) => {
    if (!(error instanceof LeaseholdError && error.code === 'ABORT_ERR')) throwUncaught(error);
  });
  const stop = (): void => watch[Symbol.dispose]();
  return Object.assign(stop, { [Symbol.dispose]: stop });
}

function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

type Bounds = Parameters<typeof intersection>[0];

function rowsOfOwner(id: number): Bounds {
  return { lower: bytesOf(id), lowerOpen: false, upper: bytesOf(id + 1), upperOpen: true };
}

function onlyId(id: number): Bounds {
  return { lower: bytesOf(id), lowerOpen: false, upper: bytesOf(id), upperOpen: false };
}

function bytesOf(id: number): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  putId(bytes, 0, id);
  return bytes;
}

/** The keys of a change that begin with the id of the range; `'any'` if only a range is known that touches it; undefined if it touches none. */
function within({ keys, range, dropped }: RecordedChange, wanted: Bounds): readonly Uint8Array[] | 'any' | undefined {
  if (keys === undefined) return dropped || !isEmpty(intersection(range as Bounds, wanted)) ? 'any' : undefined;
  const id = idAt(wanted.lower as Uint8Array, 0);
  const own = keys.filter((key) => idAt(key, 0) === id);
  return own.length === 0 ? undefined : own;
}

/** The keys of those rows that are entries. */
function entriesOf(rows: readonly Uint8Array[]): ItemKeyView[] {
  return rows
    .map((row) => itemKey.view(Lease.private(NO_VIEWS, row, row.length), 0) as ItemKeyView)
    .filter(({ kind }) => kind === ITEM_ENTRY);
}
