import { checkSize } from '../base/check-arguments.ts';
import { nextTurn, now } from '../base/clock.ts';
import { invalidType } from '../base/errors.ts';

/** How long `for await` goes on before it gives the event loop a turn, in ms. */
const TURN = 4;

/** Whether `value` is a Range or what its helpers give. */
export function isSequence(value: object): boolean {
  return value instanceof Sequence;
}

/** An iterable that can be iterated again, with the usual lazy helpers. Its iterators close themselves. */
export abstract class Sequence<T> implements Iterable<T>, AsyncIterable<T> {
  abstract [Symbol.iterator](): IterableIterator<T>;

  /** The same, with a turn of the event loop every few milliseconds. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new TurnTakingIterator(this[Symbol.iterator]());
  }

  /** What `fn` makes of each item, when that is asked for. */
  map<U>(fn: (item: T) => U): Sequence<U> {
    checkFunction(fn);
    return new DerivedSequence<T, U>(this, (items) => mapped(items, fn), true);
  }

  /** The items for which `fn` gives true. */
  filter(fn: (item: T) => boolean): Sequence<T> {
    checkFunction(fn);
    return new DerivedSequence<T, T>(this, (items) => filtered(items, fn), false);
  }

  /** The first `count` of them. */
  take(count: number): Sequence<T> {
    checkCount(count);
    return new DerivedSequence<T, T>(this, (items) => taken(items, count), false);
  }

  /** All items at once. */
  toArray(): T[] {
    const items: T[] = [];
    for (const item of this) items.push(item);
    return items;
  }

  /** Calls `fn` for each item. */
  forEach(fn: (item: T) => void): void {
    checkFunction(fn);
    for (const item of this) fn(item);
  }

  /** How many there are. */
  count(): number {
    let count = 0;
    for (const _ of this) count++;
    return count;
  }
}

function checkFunction(fn: unknown): void {
  if (typeof fn !== 'function') throw invalidType('fn', 'a function', fn);
}

/** Throws unless `count` can be given to `take`. */
export function checkCount(count: unknown): asserts count is number {
  if (typeof count !== 'number') throw invalidType('count', 'a number', count);
  checkSize(count, 'count', 0, Number.MAX_SAFE_INTEGER);
}

/** What a sequence is that was made of another one. */
export interface Derivation {
  readonly source: Sequence<unknown>;
  /** Makes its items of those of the source. */
  readonly over: (items: Iterable<unknown>) => Iterable<unknown>;
  /** Whether its items may be others than those of the source. */
  readonly maps: boolean;
}

let derivedFrom: (value: object) => Derivation | undefined;

/** How a sequence was made of another one; undefined for anything else. Not for users. */
export function derivationOf(value: object): Derivation | undefined {
  return derivedFrom(value);
}

/** What `map`, `filter` and `take` give. */
class DerivedSequence<T, U> extends Sequence<U> {
  readonly #source: Sequence<T>;
  readonly #over: (items: Iterable<T>) => Generator<U, undefined, unknown>;
  readonly #maps: boolean;

  constructor(source: Sequence<T>, over: (items: Iterable<T>) => Generator<U, undefined, unknown>, maps: boolean) {
    super();
    this.#source = source;
    this.#over = over;
    this.#maps = maps;
  }

  override [Symbol.iterator](): Generator<U, undefined, unknown> {
    return this.#over(this.#source);
  }

  static {
    derivedFrom = (value) =>
      #over in value
        ? { source: value.#source, over: value.#over as Derivation['over'], maps: value.#maps }
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

/** Gives the event loop a turn every few milliseconds. */
export class TurnTakingIterator<T> implements AsyncIterableIterator<T> {
  readonly #source: IterableIterator<T>;
  readonly #prepare: () => boolean;
  #turnAt: number;

  /** `prepare` does a part of what the first step needs, and gives whether more of that is left. */
  constructor(source: IterableIterator<T>, prepare: () => boolean = () => false) {
    this.#source = source;
    this.#prepare = prepare;
    this.#turnAt = now() + TURN;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    do {
      if (now() >= this.#turnAt) {
        await nextTurn();
        this.#turnAt = now() + TURN;
      }
    } while (this.#prepare());
    return this.#source.next();
  }

  async return(): Promise<IteratorResult<T>> {
    this.#source.return?.();
    return { done: true, value: undefined };
  }
}
