import { keepHiddenClass } from '../base/hidden-class.ts';
import { inspectAs, tagAs } from '../base/inspect.ts';
import {
  type AnyFunction,
  append,
  apply,
  bareArray,
  functionToString,
  PrimordialFunction,
} from '../base/primordials.ts';
import { isStackOverflow } from '../base/stack.ts';
import { ENTRY, MARK, type Marked } from '../base/uncloneable.ts';
import { expiresAt, versionAt } from '../lease/header.ts';
import { type Lease, NO_LEASE } from '../lease/lease.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { Bounds } from './bounds.ts';
import { contentOf, type Entry, inspectEntry } from './entry.ts';
import type { OpenCollection } from './open-collection.ts';
import { ENTRIES, KEYS, NO_RANGE_ROWS, type Part, RangeRows } from './range-rows.ts';

/*
 * V8 notes with each function what it has called, and compiles by that. A loop over a range calls the codecs of its collection, from `next()` and from
 * the getters of an entry. If all collections shared these functions, then in a program with several kinds of collections V8 would not know what they
 * call, and would inline nothing: a range would take half as long again. So each pair of codecs has classes of its own. All are compiled from one
 * text: V8 notes calls for each text that it has compiled, and not for each class that a function makes.
 */

/** How many pairs of codecs have classes of their own. All others share the classes of the first pair. */
const MOST_PAIRS = 32;

/** What is in an Entry: a lease, and the place of a row in it. */
interface Place {
  readonly lease: Lease;
  readonly at: number;
}

type EntryClass = new <K, V>(lease: Lease, at: number) => Entry<K, V>;

interface RangeIterator<T> extends IterableIterator<T, undefined> {
  seek(target: unknown): this;
}

/** The classes of the ranges of some collections. */
export interface RangeClasses {
  readonly Entry: EntryClass;
  /** The place that an Entry of this class reads; undefined for anything else. */
  readonly placeOf: (entry: object) => Place | undefined;
  readonly Iterator: new <T>(rows: RangeRows) => RangeIterator<T>;
}

/** What the texts use that are compiled again: they can use nothing but this. */
const used = {
  checkRows,
  MARK,
  ENTRY,
  ENTRIES,
  KEYS,
  inspectAs,
  tagAs,
  versionAt,
  expiresAt,
  contentOf,
  inspectEntry,
  apply,
  advance,
} as const;
type Used = typeof used;

/** Called by `apply`, so that V8 does not inline it: V8 then has room to inline what a loop does with each entry (measured, Node 20). */
function advance(rows: RangeRows): number {
  return rows.advance();
}

function checkRows(rows: unknown): RangeRows {
  return RangeRows.check(rows);
}

/** Makes the class of entries. */
function makeEntry(used: Used): Pick<RangeClasses, 'Entry' | 'placeOf'> {
  const { MARK, ENTRY, inspectAs, tagAs, versionAt, expiresAt, contentOf, inspectEntry } = used;
  let placeOf: ((entry: object) => Place | undefined) | undefined;

  // Functions of their own, so that each getter has less than 27 bytes of bytecode: V8 inlines so small a function in any case.
  const keyAt = (lease: Lease, at: number) => lease.views.key(lease, at);
  const valueAt = (lease: Lease, at: number) => lease.views.value(lease, at + 2);

  class RangeEntry<K, V> implements Entry<K, V> {
    readonly #lease: Lease;
    readonly #at: number;

    constructor(lease: Lease, at: number) {
      this.#lease = lease;
      this.#at = at;
      (this as unknown as Marked)[MARK] = ENTRY;
    }

    get key(): K {
      return keyAt(this.#lease, this.#at) as K;
    }

    get value(): V {
      return valueAt(this.#lease, this.#at) as V;
    }

    get version(): number | undefined {
      return versionAt(this.#lease, this.#at);
    }

    get expires(): number | undefined {
      return expiresAt(this.#lease, this.#at);
    }

    toJSON(): { key: K; value: V } {
      return { key: this.key, value: this.value };
    }

    static {
      inspectAs(RangeEntry.prototype, (self) => inspectEntry(self));
      tagAs(RangeEntry.prototype, 'Entry', (self) => contentOf(self.#lease, self.#at));
      placeOf = (entry) => (#lease in entry ? { lease: entry.#lease, at: entry.#at } : undefined);
    }
  }

  return { Entry: RangeEntry, placeOf: placeOf as unknown as RangeClasses['placeOf'] };
}

/** Makes the class of iterators. There is one for entries, keys and values: a loop that has seen several is three times as slow (measured). */
function makeIterator(
  { ENTRIES, KEYS, checkRows, inspectAs, apply, advance }: Used,
  Entry: EntryClass,
): RangeClasses['Iterator'] {
  const itemAt = ({ lease, part }: RangeRows, at: number) => {
    const { views } = lease as Lease;
    return part === KEYS ? views.key(lease as Lease, at) : views.value(lease as Lease, at + 2);
  };

  class RangeIterator<T> implements IterableIterator<T, undefined> {
    readonly #rows: RangeRows;

    constructor(rows: RangeRows) {
      this.#rows = checkRows(rows);
    }

    [Symbol.iterator](): this {
      return this;
    }

    /** Makes its result in one place only: then V8 need not allocate the result in a loop into which it has inlined `next`. */
    next(): IteratorResult<T, undefined> {
      const rows = this.#rows;
      let { at } = rows;
      if (at >= rows.end || rows.transaction?.open !== true) at = apply(advance, undefined, rows.self) as number;
      rows.at = at + 4;
      return {
        done: at < 0,
        value: at < 0 ? undefined : rows.part === ENTRIES ? new Entry(rows.lease as Lease, at) : itemAt(rows, at),
      } as IteratorResult<T, undefined>;
    }

    return(): IteratorResult<T, undefined> {
      this.#rows.close();
      return { done: true, value: undefined };
    }

    /**
     * Goes to the first item at or after `target`, in the direction of the range and inside of it, forward or back: the next step returns it.
     * The target is a key; in a range over the values of one key, a value. What a step has returned counts towards the limit. After the
     * end, it does nothing. Returns the iterator. Throws what the codec throws, and `ERR_TXN_ENDED`.
     */
    seek(target: unknown): this {
      this.#rows.seek(target);
      return this;
    }

    static {
      inspectAs(RangeIterator.prototype, (self) => `RangeIterator of '${self.#rows.name}'`);
    }
  }

  return RangeIterator;
}

function makeClasses(entry: typeof makeEntry, iterator: typeof makeIterator): RangeClasses {
  const { Entry, placeOf } = entry(used);
  const Iterator = iterator(used, Entry);
  keepHiddenClass(new Entry(NO_LEASE, 0));
  keepHiddenClass(new Iterator(NO_RANGE_ROWS));
  return { Entry, placeOf, Iterator };
}

const first: RangeClasses = makeClasses(makeEntry, makeIterator);
/** The pairs of codecs that have classes: the first pair first. */
const pairs: { readonly name: string; readonly classes: RangeClasses }[] = bareArray();
let mayCompile = true;

/** Iterates over a range. */
export function iterate<T>(
  collection: OpenCollection,
  bounds: Bounds,
  transaction: OpenTransaction | undefined,
  owner: object | undefined,
  part: Part,
): RangeIterator<T> {
  const rows = new RangeRows(collection, bounds, transaction, owner, part);
  collection.rangeClasses ??= findClasses(collection);
  return new (collection.rangeClasses as RangeClasses).Iterator<T>(rows);
}

function findClasses({ key, value, sharing }: OpenCollection): RangeClasses {
  const name = `${key.name} ${sharing === undefined ? '' : 'shared '}${value.name}`;
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as (typeof pairs)[number];
    if (pair.name === name) return pair.classes;
  }
  if (pairs.length >= MOST_PAIRS) return first;
  const classes = pairs.length === 0 ? first : compiledClasses();
  append(pairs, { name, classes });
  return classes;
}

/** Its number makes each text another one: V8 compiles equal texts once. */
function compiledClasses(): RangeClasses {
  if (!mayCompile) return first;
  const compiled = <F extends AnyFunction>(fn: F) =>
    new PrimordialFunction(`'use strict'; return ${functionToString(fn)} // ${pairs.length}`)() as F;
  try {
    return makeClasses(compiled(makeEntry), compiled(makeIterator));
  } catch (error) {
    if (isStackOverflow(error)) throw error;
    // A program can forbid that texts are compiled (--disallow-code-generation-from-strings).
    mayCompile = false;
    return first;
  }
}

/** The class of the entries of joins. */
export const RangeEntry: EntryClass = first.Entry;

/** The lease and the place that an Entry of a range reads; undefined for anything else. Not for users. */
export function placeOfEntry(entry: object): Place | undefined {
  let place = first.placeOf(entry);
  for (let i = 1; place === undefined && i < pairs.length; i++) place = pairs[i]?.classes.placeOf(entry);
  return place;
}
