import { type InspectOptions, inspect } from 'node:util';
import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { apply, isUint8Array, typedArrayLength } from '../base/primordials.ts';
import { type Key, placeOfKey } from '../key/key.ts';
import { bytesOf, lengthOf, placeOf, type Sink, startOf } from '../lease/sink.ts';
import { placeOfValue, type Value } from '../value/value.ts';
import { ENTRIES, KEYS, KeyMapIterator, VALUES } from './key-map-iterator.ts';
import { KeyTable } from './key-table.ts';

/** The keys that a KeyMap of keys `K` takes: for Values, any bytes. */
export type KeyMapKey<K> = Value extends K ? Sink | Uint8Array : K;

/**
 * A Map whose keys are compared by their bytes: those of a Key, of a Value or any other sink, or of a Uint8Array. Two keys with the same
 * bytes are the same key, whatever their class is and wherever they lie.
 *
 * A key that a transaction or another source has lent stays where it lies. The map refers to it. When the source ends, the map's keys
 * move to the heap or expire, as any sink does. The bytes of other keys are copied: those of Uint8Arrays, of private sinks, of
 * parts of a key or a value, and of the entry of a `scan`.
 *
 * Iterates in the order in which the keys were first added. Gives a Key for each key that was added as a Key, and a Value for any other. Under
 * `onEnd: 'invalidate'`, a key that has expired is no longer found, but counts in `size`. keys, entries and forEach throw
 * `ERR_LEASE_EXPIRED` when they come to it.
 */
export class KeyMap<K extends Key<readonly unknown[]> | Value = Key | Value, V = unknown> {
  readonly #table = new KeyTable<V>();

  /** A map of the pairs in `entries`, or an empty map. Throws what `set` throws. */
  constructor(entries?: Iterable<readonly [KeyMapKey<K>, V]> | null) {
    if (entries === undefined || entries === null) return;
    if (typeof entries[Symbol.iterator] !== 'function') throw invalidType('entries', 'an iterable of pairs', entries);
    for (const entry of entries) {
      // As in Map, an entry is any object with the properties 0 and 1.
      if (typeof entry !== 'object' || entry === null) throw invalidType('an entry', 'a pair of key and value', entry);
      this.set(entry[0], entry[1]);
    }
  }

  /** How many entries there are. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * Sets the value of `key`. If the map has a key with these bytes already, that key stays. All calls with a key throw
   * `ERR_INVALID_ARG_TYPE` for anything but a key, and `ERR_LEASE_EXPIRED` for a key that has expired.
   */
  set(key: KeyMapKey<K>, value: V): this {
    if (typeof key !== 'object' || key === null) throw notKey(key);
    const ofKey = placeOfKey(key);
    const place = ofKey ?? placeOfValue(key) ?? placeOf(key);
    if (place !== undefined) this.#table.set(place, ofKey !== undefined, value);
    else if (isUint8Array(key)) this.#table.setCopy(key, 0, typedArrayLength(key), false, value);
    else throw notKey(key);
    return this;
  }

  /** The value of `key`; undefined if the key is not there. */
  get(key: Sink | Uint8Array): V | undefined {
    const row = find(this.#table, key);
    return row < 0 ? undefined : this.#table.rows.valueOf(row);
  }

  has(key: Sink | Uint8Array): boolean {
    return find(this.#table, key) >= 0;
  }

  /** Deletes a key, and returns whether it was there. */
  delete(key: Sink | Uint8Array): boolean {
    const row = find(this.#table, key);
    if (row < 0) return false;
    this.#table.remove(row);
    return true;
  }

  clear(): void {
    this.#table.clear();
  }

  /** Calls `fn` for each entry, including entries that `fn` adds. */
  forEach(fn: (value: V, key: K, map: this) => void, receiver?: unknown): void {
    if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
    const entries = new KeyMapIterator<[K, V]>(this.#table, ENTRIES);
    for (let next = entries.next(); !next.done; next = entries.next()) {
      apply(fn, receiver, [next.value[1], next.value[0], this]);
    }
  }

  keys(): KeyMapIterator<K> {
    return new KeyMapIterator(this.#table, KEYS);
  }

  values(): KeyMapIterator<V> {
    return new KeyMapIterator(this.#table, VALUES);
  }

  entries(): KeyMapIterator<[K, V]> {
    return new KeyMapIterator(this.#table, ENTRIES);
  }

  [Symbol.iterator](): KeyMapIterator<[K, V]> {
    return new KeyMapIterator(this.#table, ENTRIES);
  }

  static {
    inspectAs<KeyMap>(KeyMap.prototype, (map, depth, options) => show(map.#table, depth, options));
  }
}

/** The row of a key; -1 if the key is not there. */
function find(table: KeyTable<unknown>, key: unknown): number {
  if (typeof key !== 'object' || key === null) throw notKey(key);
  const place = placeOfKey(key) ?? placeOfValue(key) ?? placeOf(key);
  if (place !== undefined) {
    const { lease, at, span } = place;
    return table.find(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span));
  }
  if (!isUint8Array(key)) throw notKey(key);
  return table.find(key, 0, typedArrayLength(key));
}

function notKey(key: unknown): TypeError {
  return invalidType('key', 'a Key, a Value, another sink or a Uint8Array', key);
}

/** How many entries `console.log` shows. */
const SHOWN = 100;

function show(table: KeyTable<unknown>, depth: number, options: InspectOptions): string {
  if (depth < 0) return '[KeyMap]';
  const shown = new Map<unknown, unknown>();
  let row = table.next(0);
  for (; row >= 0 && shown.size < SHOWN; row = table.next(row + 1))
    shown.set(table.rows.keyOf(row), table.rows.valueOf(row));
  const text = inspect(shown, options);
  const more = row < 0 ? '' : ` and ${table.size - SHOWN} more`;
  return `KeyMap(${table.size}) ${text.slice(text.indexOf('{'))}${more}`;
}
