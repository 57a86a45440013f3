import { LeaseholdError } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import type { Tid } from '../versions/engine/engine.ts';
import type { Backend, HeldSnapshot } from './backend.ts';
import type { CollectionCodecs } from './collection-codecs.ts';
import { EngineReads } from './engine-reads.ts';
import { ReadableCollection } from './readable-collection.ts';
import type { Reads } from './reads.ts';
import type { CodecsOf } from './store-transaction.ts';

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

  /** A collection as of this commit. */
  collection<K = unknown, KView = unknown, VView = unknown>(name: string): ReadableCollection<K, KView, VView> {
    return new ReadableCollection(this.#codecsOf(name), this.#reads);
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

  /** Whether it is one of the store with this backend. */
  static isOf(view: StoreView, backend: Backend): boolean {
    return view.#backend === backend;
  }

  /** For `store.pipeline()`. */
  static reads(view: StoreView): Reads {
    return view.#reads;
  }

  /** For StoreCollection. */
  static read(view: StoreView, codecs: CollectionCodecs): ReadableCollection<never, never, never> {
    return new ReadableCollection(codecs, view.#reads);
  }

  static {
    inspectAs(StoreView.prototype, ({ tid }) => `StoreView { tid: ${tid} }`);
  }
}
