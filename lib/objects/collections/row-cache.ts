import { OwnMap } from '../../base/own-map.ts';
import { append, bareArray, freezeClass } from '../../base/primordials.ts';

interface Aging {
  age(): boolean;
  clear(): void;
}

/** What was read of one collection, in the version that its view sees. */
export class CachedRows<K> implements Aging {
  readonly #cache: RowCache;
  #young = new OwnMap<K, unknown>();
  #old: OwnMap<K, unknown> | undefined;
  #isListed = false;

  constructor(cache: RowCache) {
    this.#cache = cache;
  }

  get size(): number {
    return this.#young.size + (this.#old?.size ?? 0);
  }

  /** The value of a key; undefined if it is not here. */
  get(key: K): unknown {
    const value = this.#young.get(key);
    return value !== undefined || this.#old === undefined ? value : this.#promoted(key);
  }

  set(key: K, value: unknown): void {
    if (!this.#isListed) {
      this.#isListed = true;
      this.#cache.list(this);
    }
    this.#young.set(key, value);
    this.#cache.grew();
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old?.delete(key);
  }

  clear(): void {
    this.#young = new OwnMap();
    this.#old = undefined;
  }

  /** Forgets what was not read since the last call. Returns whether anything is left. */
  age(): boolean {
    this.#old = this.#young.size === 0 ? undefined : this.#young;
    if (this.#old !== undefined) this.#young = new OwnMap();
    this.#isListed = this.#old !== undefined;
    return this.#isListed;
  }

  #promoted(key: K): unknown {
    const value = this.#old?.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }
}

/**
 * Bounds what a view has in memory of its collections. Each time that half of the bound was read, all that was not read since the time before goes: that is
 * nearly what was not read for the longest time, and costs nothing while entries are found.
 */
export class RowCache {
  readonly #half: number;
  #count = 0;
  #listed: Aging[] = bareArray();

  constructor(most: number) {
    this.#half = Math.max(1, most / 2);
  }

  list(rows: Aging): void {
    append(this.#listed, rows);
  }

  grew(): void {
    if (++this.#count < this.#half) return;
    this.#count = 0;
    const listed = this.#listed;
    this.#listed = bareArray();
    for (let i = 0; i < listed.length; i++) if ((listed[i] as Aging).age()) append(this.#listed, listed[i] as Aging);
  }

  clear(): void {
    for (let i = 0; i < this.#listed.length; i++) (this.#listed[i] as Aging).clear();
  }
}

freezeClass(CachedRows);
freezeClass(RowCache);
