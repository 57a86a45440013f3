import { type AnyFunction, freezeClass, getterOf, uncurryThis } from './primordials.ts';

const forEach: <K, V>(map: Map<K, V>, fn: (value: V, key: K) => void) => void = uncurryThis(
  Map.prototype.forEach as AnyFunction,
);
const get: <K, V>(map: Map<K, V>, key: K) => V | undefined = uncurryThis(Map.prototype.get as AnyFunction);
const has: <K, V>(map: Map<K, V>, key: K) => boolean = uncurryThis(Map.prototype.has as AnyFunction);
const set: <K, V>(map: Map<K, V>, key: K, value: V) => void = uncurryThis(Map.prototype.set as AnyFunction);
const remove: <K, V>(map: Map<K, V>, key: K) => boolean = uncurryThis(Map.prototype.delete as AnyFunction);
const keys: <K>(map: Map<K, unknown>) => object = uncurryThis(Map.prototype.keys as AnyFunction);
const next: <K>(iterator: object) => { readonly value: K | undefined } = uncurryThis(
  new Map().keys().next as AnyFunction,
);
const clear: <K, V>(map: Map<K, V>) => void = uncurryThis(Map.prototype.clear as AnyFunction);
const sizeOf: (map: Map<unknown, unknown>) => number = getterOf(Map.prototype, 'size');
const PrimordialMap = Map;

/**
 * A Map for what a program must not get. It calls the methods of Map as they were when the library was loaded: a program can replace them. It has no
 * iterator, since the iterators of Map can be replaced too.
 */
export class OwnMap<K, V> {
  readonly #map = new PrimordialMap<K, V>();

  get size(): number {
    return sizeOf(this.#map);
  }

  get(key: K): V | undefined {
    return get(this.#map, key);
  }

  has(key: K): boolean {
    return has(this.#map, key);
  }

  set(key: K, value: V): void {
    set(this.#map, key, value);
  }

  delete(key: K): boolean {
    return remove(this.#map, key);
  }

  clear(): void {
    clear(this.#map);
  }

  /** The key that was added first; undefined if there is none. */
  firstKey(): K | undefined {
    return this.size === 0 ? undefined : next<K>(keys(this.#map)).value;
  }

  /** Calls `fn` with each entry, in the order in which they were added; also with those that are added meanwhile. */
  forEach(fn: (value: V, key: K) => void): void {
    forEach(this.#map, fn);
  }

  static {
    freezeClass(OwnMap);
  }
}
