import { now } from '../../base/clock.ts';
import type { FoundItem, Maybe, SharedStore } from './shared-store.ts';

/** For so many ms a store that has failed is left alone: at first, and at most. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5000;

/**
 * A store of which nothing fails. What is asked while it fails is missing, and what is stored is lost. After a failure to read it is left alone for a moment, which grows with each failure.
 */
export class GuardedStore {
  /** How often it has failed. */
  errors = 0;
  /** Why it has failed last; undefined once it has answered again. */
  failure: Error | undefined;
  readonly #store: SharedStore;
  readonly #now: () => number;
  #pause = FIRST_PAUSE;
  #until = 0;

  /** `clock` gives ms. */
  constructor(store: SharedStore, clock: () => number = now) {
    this.#store = store;
    this.#now = clock;
  }

  /** Whether an item of so many bytes can be stored now. */
  takes(length: number): boolean {
    return length <= this.#store.mostBytes && !this.#isLeftAlone();
  }

  /** In the order of the names. Undefined: it has failed, and has nothing. */
  getMulti(names: readonly string[]): Maybe<readonly (Uint8Array | undefined)[] | undefined> {
    if (this.#isLeftAlone()) return undefined;
    try {
      const found = this.#store.getMulti(names);
      if (found instanceof Promise) return this.#answer(found);
      this.#answered();
      return found;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  async gets(name: string): Promise<FoundItem | undefined> {
    if (this.#isLeftAlone()) return undefined;
    return this.#answer(Promise.resolve().then(() => this.#store.gets(name)));
  }

  set(name: string, bytes: Uint8Array): void {
    if (!this.takes(bytes.length)) return;
    try {
      const done = this.#store.set(name, bytes);
      if (done instanceof Promise) done.catch((error) => this.count(error));
    } catch (error) {
      this.count(error);
    }
  }

  add(name: string, bytes: Uint8Array): Promise<boolean> {
    return this.#replace(bytes, () => this.#store.add(name, bytes));
  }

  cas(name: string, bytes: Uint8Array, token: unknown): Promise<boolean> {
    return this.#replace(bytes, () => this.#store.cas(name, bytes, token));
  }

  async close(): Promise<void> {
    try {
      await this.#store.close();
    } catch (error) {
      this.count(error);
    }
  }

  /** Counts a failure that leaves the rest as it is. */
  count(error: unknown): void {
    this.errors++;
    this.failure = error as Error;
  }

  async #replace(bytes: Uint8Array, fn: () => Maybe<boolean>): Promise<boolean> {
    if (!this.takes(bytes.length)) return false;
    try {
      return await fn();
    } catch (error) {
      this.count(error);
      return false;
    }
  }

  async #answer<T>(found: Promise<T>): Promise<T | undefined> {
    try {
      const answer = await found;
      this.#answered();
      return answer;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #answered(): void {
    this.failure = undefined;
    this.#pause = FIRST_PAUSE;
  }

  #failed(error: unknown): void {
    this.count(error);
    // All that waited fail together: that is one failure.
    if (this.#isLeftAlone()) return;
    this.#until = this.#now() + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  #isLeftAlone(): boolean {
    return this.#until > 0 && this.#now() < this.#until;
  }
}
