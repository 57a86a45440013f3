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
    return new MappedSequence(this, fn);
  }

  /** The items for which `fn` gives true. */
  filter(fn: (item: T) => boolean): Sequence<T> {
    checkFunction(fn);
    return new FilteredSequence(this, fn);
  }

  /** The first `count` of them. */
  take(count: number): Sequence<T> {
    if (typeof count !== 'number') throw invalidType('count', 'a number', count);
    checkSize(count, 'count', 0, Number.MAX_SAFE_INTEGER);
    return new TakenSequence(this, count);
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

class MappedSequence<T, U> extends Sequence<U> {
  readonly #source: Iterable<T>;
  readonly #fn: (item: T) => U;

  constructor(source: Iterable<T>, fn: (item: T) => U) {
    super();
    this.#source = source;
    this.#fn = fn;
  }

  override *[Symbol.iterator](): Generator<U, undefined, unknown> {
    for (const item of this.#source) yield this.#fn(item);
  }
}

class FilteredSequence<T> extends Sequence<T> {
  readonly #source: Iterable<T>;
  readonly #fn: (item: T) => boolean;

  constructor(source: Iterable<T>, fn: (item: T) => boolean) {
    super();
    this.#source = source;
    this.#fn = fn;
  }

  override *[Symbol.iterator](): Generator<T, undefined, unknown> {
    for (const item of this.#source) if (this.#fn(item)) yield item;
  }
}

class TakenSequence<T> extends Sequence<T> {
  readonly #source: Iterable<T>;
  readonly #count: number;

  constructor(source: Iterable<T>, count: number) {
    super();
    this.#source = source;
    this.#count = count;
  }

  override *[Symbol.iterator](): Generator<T, undefined, unknown> {
    let left = this.#count;
    if (left === 0) return;
    for (const item of this.#source) {
      yield item;
      if (--left === 0) return;
    }
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
