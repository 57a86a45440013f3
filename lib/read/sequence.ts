import { checkSize } from '../base/check-arguments.ts';
import { nextTurn, now } from '../base/clock.ts';
import { invalidType } from '../base/errors.ts';
import { inspectAs } from '../base/inspect.ts';
import { inspect } from '../base/platform.ts';

const MAP = 'map()';

/** How long `for await` runs before it lets the event loop run, in ms. */
const TURN = 4;

/** Whether `value` is a Range, or a sequence that was made from one. */
export function isSequence(value: object): boolean {
  return value instanceof Sequence;
}

/** An iterable with the usual lazy helpers. It can be iterated several times. Its iterators close themselves at their end. */
export abstract class Sequence<T> implements Iterable<T>, AsyncIterable<T> {
  abstract [Symbol.iterator](): IterableIterator<T, undefined>;

  /** Iterates as above, but lets the event loop run every few milliseconds. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return new TurnTakingIterator(this[Symbol.iterator]());
  }

  /** What `fn` returns for each item. Calls `fn` when the item is asked for. `ERR_INVALID_ARG_TYPE`. */
  map<U>(fn: (item: T) => U): Sequence<U> {
    checkFunction(fn);
    return new DerivedSequence<T, U>(this, (items) => mapped(items, fn), MAP);
  }

  /** The items for which `fn` returns true. `ERR_INVALID_ARG_TYPE`. */
  filter(fn: (item: T) => boolean): Sequence<T> {
    checkFunction(fn);
    return new DerivedSequence<T, T>(this, (items) => filtered(items, fn), 'filter()');
  }

  /** The first `count` items. `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`. */
  take(count: number): Sequence<T> {
    checkCount(count);
    return new DerivedSequence<T, T>(this, (items) => taken(items, count), `take(${count})`);
  }

  /** An array of all items. */
  toArray(): T[] {
    const items: T[] = [];
    for (const item of this) items.push(item);
    return items;
  }

  /** Calls `fn` for each item. `ERR_INVALID_ARG_TYPE`. */
  forEach(fn: (item: T) => void): void {
    checkFunction(fn);
    for (const item of this) fn(item);
  }

  /** How many items there are. */
  count(): number {
    let count = 0;
    for (const _ of this) count++;
    return count;
  }
}

function checkFunction(fn: unknown): void {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
}

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` for a count that `take` cannot use. */
export function checkCount(count: unknown): asserts count is number {
  if (typeof count !== 'number') throw invalidType('count', 'a number', count);
  checkSize(count, 'count', 0, Number.MAX_SAFE_INTEGER);
}

/** A sequence that was made from another one, which is its source. */
export interface Derivation {
  readonly source: Sequence<unknown>;
  /** Makes the items from the items of the source. */
  readonly over: (items: Iterable<unknown>) => Iterable<unknown>;
  /** False if every item is an item of the source. */
  readonly maps: boolean;
}

let derivedFrom: (value: object) => Derivation | undefined;

/** How a sequence was made from another one; undefined for anything else. Not for users. */
export function derivationOf(value: object): Derivation | undefined {
  return derivedFrom(value);
}

/** What `map`, `filter` and `take` return. */
class DerivedSequence<T, U> extends Sequence<U> {
  readonly #source: Sequence<T>;
  readonly #over: (items: Iterable<T>) => Generator<U, undefined, unknown>;
  /** The call that made it. */
  readonly #call: string;

  constructor(source: Sequence<T>, over: (items: Iterable<T>) => Generator<U, undefined, unknown>, call: string) {
    super();
    this.#source = source;
    this.#over = over;
    this.#call = call;
  }

  override [Symbol.iterator](): Generator<U, undefined, unknown> {
    return this.#over(this.#source);
  }

  static {
    inspectAs(DerivedSequence.prototype, (self) => `${inspect(self.#source)}.${self.#call}`);
    derivedFrom = (value) =>
      #over in value
        ? { source: value.#source, over: value.#over as Derivation['over'], maps: value.#call === MAP }
        : undefined;
  }
}

function* mapped<T, U>(items: Iterable<T>, fn: (item: T) => U): Generator<U, undefined, unknown> {
  for (const item of items) yield fn(item);
}

function* filtered<T>(items: Iterable<T>, fn: (item: T) => boolean): Generator<T, undefined, unknown> {
  for (const item of items) if (fn(item)) yield item;
}

function* taken<T>(items: Iterable<T>, count: number): Generator<T, undefined, unknown> {
  let left = count;
  if (left === 0) return;
  for (const item of items) {
    yield item;
    if (--left === 0) return;
  }
}

/** Iterates over a sequence, and lets the event loop run every few milliseconds. */
export class TurnTakingIterator<T> implements AsyncIterableIterator<T, undefined> {
  readonly #source: IterableIterator<T, undefined>;
  readonly #prepare: () => boolean;
  #turnAt: number;

  /** `prepare` does a part of the work before the first item, and returns true if more of it is left. */
  constructor(source: IterableIterator<T, undefined>, prepare: () => boolean = () => false) {
    this.#source = source;
    this.#prepare = prepare;
    this.#turnAt = now() + TURN;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    do {
      if (now() >= this.#turnAt) {
        await nextTurn();
        this.#turnAt = now() + TURN;
      }
    } while (this.#prepare());
    return this.#source.next();
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#source.return?.();
    return { done: true, value: undefined };
  }
}
