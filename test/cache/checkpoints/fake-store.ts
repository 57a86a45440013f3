import type { FoundItem, Maybe, SharedStore } from '../../../lib/cache/stores/shared-store.ts';
import type { Random } from '../../versions/random.ts';

interface Item {
  readonly bytes: Uint8Array;
  readonly version: number;
}

/** The items of a cache that all processes share. `stored` is called with each that a process stores. */
export class FakeItems {
  readonly items: Map<string, Item> = new Map();
  readonly #stored: (name: string, bytes: Uint8Array) => void;
  #version = 0;

  constructor(stored: (name: string, bytes: Uint8Array) => void) {
    this.#stored = stored;
  }

  /** What a process stores. */
  put(name: string, bytes: Uint8Array): void {
    this.lie(name, bytes);
    this.#stored(name, bytes);
  }

  /** What the cache makes up. */
  lie(name: string, bytes: Uint8Array): void {
    this.items.set(name, { bytes: Uint8Array.from(bytes), version: ++this.#version });
  }
}

/** One process's way to the items. What it has sent goes on its way also when the process is dead; the model decides when. */
export class FakeStore implements SharedStore {
  readonly mostBytes = 1000;
  /** Sent, and not received. */
  readonly sent: (() => void)[] = [];
  readonly #items: FakeItems;
  readonly #random: Random;
  readonly #isSync: boolean;
  /** How likely a request fails. */
  readonly #failures: number;

  constructor(items: FakeItems, random: Random, isSync: boolean, failures: number) {
    this.#items = items;
    this.#random = random;
    this.#isSync = isSync;
    this.#failures = failures;
  }

  get(name: string): Maybe<Uint8Array | undefined> {
    return this.#do(() => this.#items.items.get(name)?.bytes);
  }

  getMulti(names: readonly string[]): Maybe<readonly (Uint8Array | undefined)[]> {
    return this.#do(() => names.map((name) => this.#items.items.get(name)?.bytes));
  }

  gets(name: string): Maybe<FoundItem | undefined> {
    return this.#do(() => {
      const item = this.#items.items.get(name);
      return item && { bytes: item.bytes, token: item.version };
    });
  }

  set(name: string, bytes: Uint8Array): Maybe<void> {
    return this.#do(() => this.#items.put(name, bytes));
  }

  add(name: string, bytes: Uint8Array): Maybe<boolean> {
    return this.#do(() => {
      const isNew = !this.#items.items.has(name);
      if (isNew) this.#items.put(name, bytes);
      return isNew;
    });
  }

  cas(name: string, bytes: Uint8Array, token: unknown): Maybe<boolean> {
    return this.#do(() => {
      const isSame = this.#items.items.get(name)?.version === token;
      if (isSame) this.#items.put(name, bytes);
      return isSame;
    });
  }

  delete(name: string): Maybe<void> {
    return this.#do(() => void this.#items.items.delete(name));
  }

  close(): void {}

  #do<T>(fn: () => T): Maybe<T> {
    const fails = this.#random.chance(this.#failures);
    // A request that fails may have been received.
    const isLost = fails && this.#random.chance(0.5);
    const run = (): T => {
      if (isLost) throw new Error('the cache fails');
      const result = fn();
      if (fails) throw new Error('the cache fails');
      return result;
    };
    if (this.#isSync) return run();
    return new Promise((resolve, reject) => {
      this.sent.push(() => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
