import { createDraft } from '../../write/draft.ts';
import { copyIn } from './plain.ts';

/** A plain value of a field that a write has asked for: it may be changed in place. */
export class PlainDraft {
  /** What it was. */
  readonly base: object;
  readonly draft: object;
  /** Whether `base` is what the program has assigned and not what is stored: then it is to be stored even if it stays as it is. */
  readonly isAssigned: boolean;
  readonly #finish: () => unknown;

  constructor(base: object, isAssigned: boolean) {
    this.base = base;
    this.isAssigned = isAssigned;
    [this.draft, this.#finish] = createDraft(base);
  }

  /** What it is now: `base` itself if nothing has changed. The draft cannot be used any more. `ERR_NOT_PERSISTENT`. */
  finish(path: string): unknown {
    const now = this.#finish();
    return now === this.base ? now : copyIn(now, path);
  }
}
