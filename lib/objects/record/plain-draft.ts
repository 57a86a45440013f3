import { types } from 'node:util';
import { createDraft, draftNow } from '../../write/draft.ts';
import { copyIn } from './plain.ts';
import { UnfrozenParts } from './unfrozen-parts.ts';

/** A plain value of a field or of a row that a write has asked for: it may be changed in place until the write ends. */
export class PlainDraft {
  /** What it was. */
  readonly base: object;
  readonly draft: object;
  /** Whether `base` is what the program has assigned and not what is stored: then it is to be stored even if it stays as it is. */
  readonly isAssigned: boolean;
  /** What it was when it was looked at last: `base` itself if nothing has changed. */
  now: unknown;
  readonly #finish: () => unknown;
  /** Dates and bytes are changed in `base` itself. */
  readonly #unfrozen: UnfrozenParts | undefined;
  /** Whether `base` is a Date or bytes: then it is its own draft. */
  readonly #isPart: boolean;
  #hasEnded = false;

  /** `isShared`: whether others have `base`, so that all of it is frozen. */
  constructor(base: object, isShared: boolean, isAssigned: boolean) {
    this.base = base;
    this.now = base;
    this.isAssigned = isAssigned;
    this.#unfrozen = isShared ? undefined : new UnfrozenParts(base);
    this.#isPart = types.isDate(base) || types.isUint8Array(base);
    [this.draft, this.#finish] = this.#isPart ? [base, () => base] : createDraft(base);
  }

  /** Whether it is what is stored. */
  get isUnchanged(): boolean {
    return this.now === this.base && !this.isAssigned;
  }

  /** Looks at what it is now. It can be changed further. `ERR_NOT_PERSISTENT`. */
  look(path: string): unknown {
    return this.#take(this.#isPart ? this.base : draftNow(this.draft), path);
  }

  /** The same, and the draft cannot be used any more. */
  finish(path: string): unknown {
    this.#hasEnded = true;
    return this.#take(this.#finish(), path);
  }

  /** Ends it: the draft cannot be used any more. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#finish();
  }

  #take(value: unknown, path: string): unknown {
    this.now = value === this.base && this.#unfrozen?.haveChanged !== true ? value : copyIn(value, path);
    return this.now;
  }
}
