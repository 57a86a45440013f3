import { nextTurn } from '../../base/clock.ts';
import { openCollectionOf } from '../../environment/collection.ts';
import { idAt } from '../../key/object-id.ts';
import type { CollectionId, Handle } from '../../native/handles.ts';
import { answered, native } from '../../native/native.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import { openTransactionOf, type Transaction } from '../../transaction/transaction.ts';
import { type Base, ROOT } from '../base.ts';
import { type GarbagePage, PAGE_BYTES } from './garbage-page.ts';

/** For how many ms native code works before the event loop goes on. */
const SLICE_MS = 2;

const NUMBER_BYTES = 8;

/** Finds the objects that the root does not reach, a slice at a time: native/core/objects/marking.h tells how. */
export class Marker {
  readonly #base: Base;
  readonly #objects: CollectionId;
  readonly #items: CollectionId;
  readonly #pause: () => void;
  readonly #marking: Handle;

  /** `pause` is called between two slices; what it throws ends the work. Objects of `skipped` refer to nothing, if what they refer to cannot be read. */
  constructor(base: Base, pause: () => void, skipped: readonly number[]) {
    this.#base = base;
    this.#pause = pause;
    this.#objects = (openCollectionOf(base.objects) as OpenCollection).id;
    this.#items = (openCollectionOf(base.items) as OpenCollection).id;
    this.#marking = answered(native.markBegin(ROOT));
    for (let i = 0; i < skipped.length; i++) native.markSkip(this.#marking, skipped[i] as number);
  }

  end(): void {
    native.markEnd(this.#marking);
  }

  get counts(): ReturnType<typeof native.markCounts> {
    return answered(native.markCounts(this.#marking));
  }

  async list(txn: Transaction): Promise<void> {
    const list = (): boolean =>
      answered(native.markList(this.#marking, this.#handle(txn), this.#objects, this.#items, SLICE_MS));
    while (!list()) await this.#nextTurn();
  }

  /** Marks what the root reaches, or what was added since. */
  async mark(txn: Transaction): Promise<void> {
    while (!this.#markSlice(txn)) await this.#nextTurn();
  }

  /** Adds what the commits after `tid` have written or refer to, as far as a transaction sees them, and what that reaches. */
  async addSince(tid: number, txn: Transaction): Promise<void> {
    for (const _ of this.#slicesSince(tid, txn)) await this.#nextTurn();
    await this.mark(txn);
  }

  /** The same, without a pause. */
  addSinceAtOnce(tid: number, txn: Transaction): void {
    for (const _ of this.#slicesSince(tid, txn));
    while (!this.#markSlice(txn));
  }

  /** The pages of garbage, in order. */
  *garbage(): Generator<[number: number, page: GarbagePage]> {
    for (let from = 0; ; ) {
      const pages = new Uint8Array(answered(native.markGarbage(this.#marking, from)));
      if (pages.length === 0) return;
      for (let at = 0; at < pages.length; at += NUMBER_BYTES + PAGE_BYTES) {
        const number = idAt(pages, at);
        yield [number, pages.subarray(at + NUMBER_BYTES, at + NUMBER_BYTES + PAGE_BYTES)];
        from = number + 1;
      }
    }
  }

  #markSlice(txn: Transaction): boolean {
    return answered(native.markReachable(this.#marking, this.#handle(txn), this.#objects, this.#items, SLICE_MS));
  }

  /** Yields after each slice that leaves something to do. */
  *#slicesSince(tid: number, txn: Transaction): Generator<void> {
    for (let at = tid; at < txn.tid; ) {
      const added = answered(
        native.markCommits(this.#marking, this.#handle(txn), this.#objects, this.#items, at, SLICE_MS),
      );
      if (added < 0) {
        // The log does not reach back, or has only the bounds of a large commit.
        while (
          !answered(native.markWritten(this.#marking, this.#handle(txn), this.#objects, this.#items, at, SLICE_MS))
        )
          yield;
        return;
      }
      at = added;
      if (at < txn.tid) yield;
    }
  }

  /** Looked up each time: the environment may have been closed in between. */
  #handle(txn: Transaction): Handle {
    return openTransactionOf(this.#base.state, txn).handle;
  }

  async #nextTurn(): Promise<void> {
    this.#pause();
    await nextTurn();
  }
}
