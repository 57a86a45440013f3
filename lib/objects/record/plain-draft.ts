import { types } from 'node:util';
import { createDraft } from '../../write/draft.ts';
import { copyIn } from './plain.ts';
import { UnfrozenParts } from './unfrozen-parts.ts';

/** A plain value of a field that a write has asked for: it may be changed in place. */
export class PlainDraft {
  /** What it was. */
  readonly base: object;
  readonly draft: object;
  /** Whether `base` is what the program has assigned and not what is stored: then it is to be stored even if it stays as it is. */
  readonly isAssigned: boolean;
  readonly #finish: () => unknown;
  /** Dates and bytes are changed in `base` itself. */
  readonly #unfrozen: UnfrozenParts | undefined;

  /** `isShared`: whether others have `base`, so that all of it is frozen. */
  constructor(base: object, isShared: boolean, isAssigned: boolean) {
    this.base = base;
    this.isAssigned = isAssigned;
    this.#unfrozen = isShared ? undefined : new UnfrozenParts(base);
    const isPart = types.isDate(base) || types.isUint8Array(base);
    [this.draft, this.#finish] = isPart ? [base, () => base] : createDraft(base);
  }

  /** Ends it: the draft cannot be used any more. */
  end(): void {
    this.#finish();
  }

  /** What it is now: `base` itself if nothing has changed. The draft cannot be used any more. `ERR_NOT_PERSISTENT`. */
  finish(path: string): unknown {
    const now = this.#finish();
    return now === this.base && this.#unfrozen?.haveChanged !== true ? now : copyIn(now, path);
  }
}
