import { invalidType } from '../../base/errors.ts';
import { inspectAs, tagAs, wholly } from '../../base/inspect.ts';
import { inspect } from '../../base/platform.ts';
import { mathTrunc } from '../../base/primordials.ts';
import { LIST, MARK, type Marked } from '../../base/uncloneable.ts';
import type { Lease } from '../../lease/lease.ts';
import { bytesOf, inspectable, lengthOf, ONLY_VALUE, type Span, startOf } from '../../lease/sink.ts';
import { FieldCoder } from './field-coder.ts';
import { COUNT_SIZE, countOf } from './record.ts';
import { shiftOf } from './record-field.ts';
import { PLACE, RecordPlace, recordAccess } from './record-place.ts';
import { unreadable } from './unreadable.ts';

// Assigned inside the class body, which can use the private fields. They throw a TypeError for anything but a List.
let coderOfList: (list: List<unknown>) => FieldCoder;
let isList: (value: unknown) => value is List<unknown>;

/**
 * The value of a `t.list` field. Each element is read where it lies, when it is asked for. Throws `ERR_LEASE_EXPIRED` once
 * its record has expired, and `ERR_CODEC`, with the offset, for bytes that are not a list of these elements.
 */
export class List<out T> implements Iterable<T> {
  readonly #coder: FieldCoder;

  /** Not for users: the fields of records give Lists. */
  constructor(lease: Lease, at: number, span: Span | null, coder: FieldCoder) {
    (this as unknown as { [PLACE]: RecordPlace })[PLACE] = new RecordPlace(lease, at, span);
    (this as unknown as Marked)[MARK] = LIST;
    this.#coder = FieldCoder.check(coder);
  }

  get length(): number {
    return lengthOfList(this);
  }

  /** The element at `index`; undefined if there is none. A negative `index` counts from the end. */
  at(index: number): T | undefined {
    if (typeof index !== 'number') throw invalidType('index', 'a number', index);
    return elementAt(this, mathTrunc(index)) as T | undefined;
  }

  [Symbol.iterator](): ListIterator<T> {
    return new ListIterator<T>(this);
  }

  /** All elements, as `at` gives them. */
  toArray(): T[] {
    return mapList(this, (element) => element as T);
  }

  /** The texts of the elements, with commas between them, as an array gives them. */
  toString(): string {
    return this.toArray().toString();
  }

  /** All elements in the form that JSON has; see `toJSON` of a struct's view. */
  toJSON(): unknown[] {
    const { json } = this.#coder;
    return mapList(this, (element) => (element === undefined ? null : json(element)));
  }

  static {
    tagAs(List.prototype, 'List', (list) => wholly(mapList(list, list.#coder.plain)));
    coderOfList = (list) => list.#coder;
    isList = (value): value is List<unknown> => typeof value === 'object' && value !== null && #coder in value;
    inspectAs(List.prototype, (list, depth, options) => {
      if (depth < 0) return '[List]';
      return inspectable(() => {
        const length = lengthOfList(list);
        // Elements that inspect does not show are not read.
        const most = options.maxArrayLength ?? Number.POSITIVE_INFINITY;
        const shown: unknown[] = [];
        for (let i = 0; i < length && i < most; i++) shown[i] = readable(() => elementAt(list, i));
        shown.length = length;
        return `List(${length}) ${inspect(shown, { ...options, depth })}`;
      }, 'List');
    });
  }
}

function lengthOfList(list: List<unknown>): number {
  const { size } = coderOfList(list);
  const { lease, at, span } = recordAccess.place(list);
  return countOf(bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span), size, shiftOf(span));
}

/** The element at an integer index; undefined if there is none, or if the index is NaN. */
function elementAt(list: List<unknown>, index: number): unknown {
  const coder = coderOfList(list);
  const { lease, at, span } = recordAccess.place(list);
  const start = startOf(lease, at, span);
  const count = countOf(bytesOf(lease, at), start, lengthOf(lease, at, span), coder.size, shiftOf(span));
  const row = index < 0 ? count + index : index;
  if (!(row >= 0 && row < count)) return undefined;
  return coder.element(lease, at, span, start + COUNT_SIZE + row * coder.size, COUNT_SIZE + count * coder.size);
}

function readable(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return unreadable(error);
  }
}

/** Whether `value` is a List, whatever its prototype says. */
export const isListView: (value: unknown) => value is List<unknown> = isList;

/** An array of what `each` returns for the elements of a list. */
export function mapList<T>(list: List<unknown>, each: (element: unknown) => T): T[] {
  const length = lengthOfList(list);
  const mapped: T[] = [];
  for (let i = 0; i < length; i++) mapped[i] = each(elementAt(list, i));
  return mapped;
}

/** The same list on a lease that has only its bytes. */
export function listOn(lease: Lease, list: List<unknown>): List<unknown> {
  return new List(lease, ONLY_VALUE, null, coderOfList(list));
}

/** Iterates over a List's elements, and reads each where it lies. */
export class ListIterator<out T> implements IterableIterator<T, undefined> {
  readonly #list: List<T>;
  #next = 0;
  #done = false;

  constructor(list: List<T>) {
    this.#list = list;
  }

  next(): IteratorResult<T, undefined> {
    const index = this.#next;
    if (this.#done || index >= lengthOfList(this.#list)) {
      this.#done = true;
      return { done: true, value: undefined };
    }
    this.#next = index + 1;
    return { done: false, value: elementAt(this.#list, index) as T };
  }

  [Symbol.iterator](): ListIterator<T> {
    return this;
  }
}
