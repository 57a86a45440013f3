import { invalidType, invalidValue, outOfRange } from '../../base/errors.ts';
import { tagAs } from '../../base/inspect.ts';
import { setInitial } from '../class/initial-contents.ts';
import { inspectHereAs } from '../class/looks.ts';
import { makePersistent } from '../class/persistent.ts';
import { refuseAssigning } from '../class/undeclared.ts';
import { definitionIn, handleOf, rowsBehind, setRows, viewOf } from '../handle.ts';
import type { Handle, HandleRows } from '../model.ts';
import { UNSTORED } from '../view/view.ts';
import { NumberRow } from './number-row.ts';

/** What a counter counts: in a row, or here until the counter is stored. */
class Count implements HandleRows {
  readonly #row: NumberRow;
  readonly #handle: Handle;
  #unstored = 0;
  #isStored = false;

  constructor(handle: Handle) {
    this.#handle = handle;
    this.#row = new NumberRow(handle);
  }

  get value(): number {
    const view = viewOf(this.#handle);
    if (view === UNSTORED) return this.#unstored;
    const isPending = !this.#isStored && view.hasUncommitted(this.#handle);
    return this.#row.value + (isPending ? this.#unstored : 0);
  }

  add(number: number): void {
    const view = viewOf(this.#handle);
    if (view === UNSTORED) this.#unstored += number;
    else {
      view.changeRows('a Counter', (txn) => {
        view.checkOwner(this.#handle, txn);
        this.#row.add(number);
      });
    }
  }

  store(): void {
    if (!this.#isStored) this.#row.add(this.#unstored);
    this.#isStored = true;
  }

  rolledBack(): void {
    this.#isStored = false;
  }

  forget(): void {}
}

function countOf(counter: object): Count {
  const handle = handleOf(counter);
  if (handle === undefined || !definitionIn(handle).extends(Counter)) throw invalidType('this', 'a Counter', counter);
  return (rowsBehind(handle) as Count | undefined) ?? setRows(handle, new Count(handle));
}

/**
 * A number to which is added. Two transactions that add do not conflict: the commits add what each has added. One that has read the value conflicts
 * with all that add. It is a double: sums of integers are exact up to 2 ** 53.
 */
class CounterBody {
  /** A counter that is stored when something that is stored refers to it. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
  constructor(start: number = 0) {
    checkNumber(start, 'start');
    setInitial(this, start);
  }

  get value(): number {
    return countOf(this).value;
  }

  /** Adds a number, which may be negative. Outside of a write this is one commit. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
  add(number: number = 1): void {
    checkNumber(number, 'number');
    countOf(this).add(number);
  }

  /**
   * Only the text of a template: `d.sold + 4` and the like are refused (`ERR_INVALID_ARG_VALUE`), as the types of Temporal refuse them. Otherwise
   * `d.sold += 4` would put a number in the place of the counter.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw invalidValue(
      'a Counter is no number: read its value, as in d.sold.value + 4, and add to it with d.sold.add(4)',
    );
  }

  toString(): string {
    return String(this.value);
  }

  toJSON(): number {
    return this.value;
  }
}

function checkNumber(number: unknown, name: string): asserts number is number {
  if (typeof number !== 'number') throw invalidType(name, 'a number', number);
  if (!Number.isFinite(number)) throw outOfRange(name, 'a finite number', number);
}

refuseAssigning(CounterBody.prototype, 'value', 'use add()');
Object.defineProperty(CounterBody, 'name', { value: 'Counter' });
tagAs(CounterBody.prototype, 'Counter', (self) => String(self.value));
inspectHereAs(CounterBody.prototype, 'Counter', (self) => `Counter ${self.value}`);

export type Counter = CounterBody;
export const Counter: new (start?: number) => CounterBody = makePersistent(
  'leasehold.Counter',
  {},
  {},
  {
    onStore: (counter) => countOf(counter).store(),
    fill: (counter, start) => countOf(counter).add(start as number),
  },
)(CounterBody as never) as never;
