import { allocateBytes } from '../base/allocate.ts';
import { LeaseholdError } from '../base/errors.ts';
import { append, PrimordialUint32Array } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { copyInto } from '../lease/bytes.ts';
import type { Handle } from '../native/handles.ts';
import { answered, native } from '../native/native.ts';
import type { EntryLike } from '../read/entry-source.ts';
import type { OpenRead } from '../transaction/open-read.ts';
import { checkGivenBytes, type GivenForm } from './given-form.ts';

/** How many items one call of `give` makes. */
const GIVEN_AT_ONCE = 256;
/** How many bytes native code needs for an entry, besides the entry's own. */
const BYTES_PER_ENTRY = 20;

/** The entries of one side, if functions in JavaScript make them, in one run of a join. All are made before the first pair. */
export class GivenSide {
  /** All items so far. Native code names an item by its index. */
  readonly items: EntryLike[] = [];
  readonly #form: GivenForm;
  readonly #isProbe: boolean;
  readonly #mostBytes: number;
  readonly #iterator: Iterator<unknown>;
  readonly #lengths: Uint32Array = new PrimordialUint32Array(2 * GIVEN_AT_ONCE);
  #bytes: Uint8Array = allocateBytes(64 * GIVEN_AT_ONCE);
  #capacity = 64 * GIVEN_AT_ONCE;
  #total = 0;
  #isBusy = false;
  #isDone = false;

  constructor(form: GivenForm, isProbe: boolean, mostBytes: number, transaction: OpenRead) {
    this.#form = form;
    this.#isProbe = isProbe;
    this.#mostBytes = mostBytes;
    const { source } = form;
    this.#iterator = source.items(source.rangeState.transaction ?? transaction)[Symbol.iterator]();
  }

  /**
   * Makes the next items and gives them to the native join. Returns false after the last one. The user's functions run here, so `check` is
   * called after them: it throws if the join can no longer go on.
   */
  give(join: Handle, check: () => void): boolean {
    if (this.#isDone) return false;
    this.checkIdle();
    this.#isBusy = true;
    let count = 0;
    let size = 0;
    try {
      while (count < GIVEN_AT_ONCE) {
        const step = this.#iterator.next();
        if (step.done === true) {
          this.#isDone = true;
          break;
        }
        size = this.#add(step.value, count++, size);
      }
    } finally {
      this.#isBusy = false;
    }
    this.#total += size + count * BYTES_PER_ENTRY;
    checkGivenBytes(this.#total, this.#mostBytes, this.#isProbe ? 'probe.range' : 'build.range');
    check();
    answered(native.joinGive(join, this.#isProbe, this.#lengths, count, this.#bytes, size));
    return !this.#isDone;
  }

  /** Throws `ERR_BUSY` while `give` is running: one of the user's functions that it calls must not advance the same join. */
  checkIdle(): void {
    if (!this.#isBusy) return;
    throw new LeaseholdError(
      'ERR_BUSY',
      'this join is waiting for a function that was given to filter() or map() of one of its ranges: that function cannot go on with it',
    );
  }

  /** Closes the user's range, if the join ends before it. */
  close(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#iterator.return?.();
  }

  /** Appends an item to `#bytes`, which hold `size` bytes so far. Returns the new size. */
  #add(item: unknown, number: number, size: number): number {
    const start = writer.position;
    try {
      const keyLength = this.#form.write(item);
      const length = writer.position - start;
      if (size + length > this.#capacity) this.#grow(size, size + length);
      copyInto(this.#bytes, size, writer.bytes, start, length);
      this.#lengths[2 * number] = keyLength;
      this.#lengths[2 * number + 1] = length - keyLength;
      append(this.items, item as EntryLike);
      return size + length;
    } finally {
      writer.position = start;
      writer.trim();
    }
  }

  #grow(size: number, needed: number): void {
    const capacity = 2 * needed;
    const bytes = allocateBytes(capacity);
    copyInto(bytes, 0, this.#bytes, 0, size);
    this.#bytes = bytes;
    this.#capacity = capacity;
  }
}
