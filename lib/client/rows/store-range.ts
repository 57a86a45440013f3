import { inspectAs } from '../../base/inspect.ts';
import { endWhenForgotten } from '../forgotten.ts';
import type { RowIterator } from './row-iterator.ts';

/** The entries of a range, once: `for await (const { key, value } of …)`, or all of them by `toArray()`. */
export interface StoreRange<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** All entries that are left, in memory. */
  toArray(): Promise<T[]>;
}

/** A range whose codecs are not known yet. */
export class PreparedRange<P, T> implements StoreRange<T> {
  readonly #name: string;
  readonly #prepared: Promise<P>;
  readonly #make: (prepared: P) => RowIterator<T>;
  #range: RowIterator<T> | undefined;
  #isDone = false;

  /** `name`: of the collection. */
  constructor(name: string, prepared: Promise<P>, make: (prepared: P) => RowIterator<T>) {
    this.#name = name;
    this.#prepared = prepared;
    this.#make = make;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#range === undefined ? this.#begin() : this.#range.next();
  }

  async #begin(): Promise<IteratorResult<T, undefined>> {
    if (this.#range === undefined && !this.#isDone) {
      const prepared = await this.#prepared;
      if (!this.#isDone && this.#range === undefined) {
        this.#range = this.#make(prepared);
        endWhenForgotten(this, this.#range);
      }
    }
    return this.#range === undefined ? { done: true, value: undefined } : this.#range.next();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#isDone = true;
    await this.#range?.return();
    return { done: true, value: undefined };
  }

  async toArray(): Promise<T[]> {
    const entries: T[] = [];
    for (;;) {
      const value = this.#range?.take();
      if (value !== undefined) {
        entries.push(value);
        continue;
      }
      const found = await this.next();
      if (found.done === true) return entries;
      entries.push(found.value);
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  static {
    inspectAs(PreparedRange.prototype, (self) => `StoreRange of '${self.#name}'`);
  }
}
