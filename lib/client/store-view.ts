import { LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { Tid } from '../versions/engine/engine.ts';
import type { Backend, HeldSnapshot } from './backend.ts';
import { EngineReads } from './engine-reads.ts';
import { ReadableCollection } from './readable-collection.ts';
import type { Reads } from './reads.ts';
import { type CodecsOf, ofAnotherStore } from './store-transaction.ts';

let readsOf: typeof viewReads;

/** How a view of the store with this backend reads; undefined if `given` is no view. `ERR_INVALID_ARG_VALUE` for one of another store. */
export function viewReads(given: unknown, backend: Backend): Reads | undefined {
  return readsOf(given, backend);
}

/** All collections of a store as of one commit: what `store.snapshot()` gives. It must be closed: `await using view = …`, or `close()`. */
export class StoreView {
  /** The number of the commit. */
  readonly tid: Tid;
  readonly #reads: Reads;
  readonly #codecsOf: CodecsOf;
  readonly #release: () => void;
  readonly #backend: Backend;
  #isOpen = true;

  /** Not for users: `store.snapshot()` gives these. */
  constructor(backend: Backend, { tid, release }: HeldSnapshot, codecsOf: CodecsOf) {
    this.tid = tid;
    this.#backend = backend;
    this.#codecsOf = codecsOf;
    this.#release = release;
    this.#reads = new EngineReads(backend, () => {
      if (this.#isOpen) return tid;
      throw new LeaseholdError('ERR_TXN_ENDED', 'the view was closed');
    });
  }

  /** A collection as of this commit: given as one of the store, or by the name of one that exists. */
  collection<K, KView, VView>(collection: ReadableCollection<K, KView, VView>): ReadableCollection<K, KView, VView>;
  collection<K = unknown, KView = unknown, VView = unknown>(name: string): ReadableCollection<K, KView, VView>;
  collection(collection: unknown): ReadableCollection<unknown, unknown, unknown> {
    return new ReadableCollection(this.#codecsOf(collection), this.#reads);
  }

  /** Lets the store forget the commit. Closing twice does nothing. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  static {
    readsOf = (given, backend) => {
      if (typeof given !== 'object' || given === null || !(#backend in given)) return undefined;
      if (given.#backend !== backend) throw ofAnotherStore('view');
      return given.#reads;
    };
    inspectAs(StoreView.prototype, ({ tid }) => `StoreView { tid: ${tid} }`);
  }
}
