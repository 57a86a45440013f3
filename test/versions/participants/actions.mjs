// What participants do in a transaction. Each action gives what to write to the log: what it did, and what it was answered.
import { indexOf, KEYS, keyOf, NAMES, stampOf, timeOf, valueFor } from './store.mjs';

export class Actions {
  #random;
  #collections;
  #onRead;

  /** `onRead` gets the name of the collection and the value of each point that is read. */
  constructor(random, collections, onRead) {
    this.#random = random;
    this.#collections = collections;
    this.#onRead = onRead;
  }

  #place() {
    const name = NAMES[this.#random(NAMES.length)];
    const key = this.#random(KEYS);
    return { name, key, items: this.#collections[name], encoded: keyOf(name, key) };
  }

  /** Reads, in `txn` or in the current transaction. */
  read(txn) {
    const { name, key, items, encoded } = this.#place();
    const kind = this.#random(5);
    if (kind < 3) {
      const value = items.get(encoded, txn);
      this.#onRead(name, value);
      return { do: 'get', name, key, version: items.version(encoded, txn), stamp: stampOf(name, value) };
    }
    if (kind < 4) return { do: 'count', name, count: items.count({}, txn) };
    const reverse = this.#random(2) === 0;
    const entries = items.range({ reverse }, txn).toArray();
    return {
      do: 'range',
      name,
      reverse,
      entries: entries.map((entry) => [indexOf(entry.key), entry.version, stampOf(name, entry.value)]),
    };
  }

  /** Makes one change in the current transaction. */
  change(stamp, isOptimistic = false) {
    const { name, key, items, encoded } = this.#place();
    const value = valueFor(name, stamp);
    const kind = this.#random(10);
    if (name === 'leases' && kind < 4) return this.#lease(key, items, encoded, value, stamp);
    if (kind < 3) {
      items.put(encoded, value);
      return { do: 'put', name, key, stamp };
    }
    if (kind < 4) return { do: 'putNew', name, key, stamp, answer: items.putNew(encoded, value) };
    if (kind < 6) return { do: 'del', name, key, answer: items.del(encoded) };
    // An optimistic transaction does not know the versions of what it has written.
    if (kind < 8 && !isOptimistic) return this.#conditional(name, key, items, encoded, value, stamp);
    if (name === 'docs' && kind < 9) return this.#update(key, items, value, stamp);
    if (name === 'leases') return { do: 'del', name, key, answer: items.del(encoded) };
    const to = key + this.#random(3);
    const count = items.clear({ gte: encoded, lt: keyOf(name, to) });
    return { do: 'clear', name, from: key, to, count };
  }

  #lease(key, items, encoded, value, stamp) {
    const life = ['gone', 'long', 'none'][this.#random(3)];
    items.putUntil(encoded, value, timeOf(life));
    return { do: 'put', name: 'leases', key, stamp, isGone: life === 'gone' };
  }

  #conditional(name, key, items, encoded, value, stamp) {
    const version = items.version(encoded) + (this.#random(3) === 0 ? 1 : 0);
    if (this.#random(2) === 0) {
      return { do: 'putIf', name, key, stamp, version, answer: items.putIf(encoded, value, version) };
    }
    return { do: 'delIf', name, key, version, answer: items.delIf(encoded, version) };
  }

  #update(key, items, value, stamp) {
    let seen = null;
    items.update(key, (draft) => {
      if (draft === undefined) return value;
      seen = stampOf('docs', draft);
      draft.text = value.text;
      return undefined;
    });
    return { do: 'update', name: 'docs', key, seen, stamp };
  }

  /**
   * An operation of a batch. Each has a condition: of batches that share a commit nobody can tell the order, so it must not matter.
   */
  operation(stamp) {
    const { name, key, items, encoded } = this.#place();
    const version = items.version(encoded);
    const condition = { ifVersion: version };
    if (this.#random(3) === 0) {
      const operation = { type: 'del', collection: items, key: encoded, ...condition };
      return { operation, action: { do: 'delIf', name, key, version, answer: true } };
    }
    const life = name === 'leases' ? ['gone', 'long', 'none'][this.#random(3)] : undefined;
    const expires = life === undefined ? {} : { expires: timeOf(life) };
    return {
      operation: {
        type: 'put',
        collection: items,
        key: encoded,
        value: valueFor(name, stamp),
        ...condition,
        ...expires,
      },
      action: { do: 'putIf', name, key, stamp, version, isGone: life === 'gone', answer: true },
    };
  }

  /** What a commit has changed in a collection, with the keys as numbers. */
  changeOf({ collection, keys, range }) {
    if (collection === 'markers') return { name: collection, markers: keys.map(String) };
    if (keys !== undefined) return { name: collection, keys: keys.map(indexOf) };
    const { gt, gte, lt, lte } = range;
    const isIn = (i) => {
      const key = keyOf(collection, i);
      return !(key <= gt || key < gte || key >= lt || key > lte);
    };
    return { name: collection, range: Array.from({ length: KEYS }, (_, i) => i).filter(isIn) };
  }
}
