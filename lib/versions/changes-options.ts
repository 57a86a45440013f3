import { checkSignal } from '../base/abort.ts';
import { checkObject, checkSize } from '../base/check-arguments.ts';
import { invalidType } from '../base/errors.ts';

/** The commit after which changes are wanted. */
export interface CommitPlace {
  readonly tid: number;
  /** If given, it is compared: another one means that the database was restored from a copy, or has lost commits. */
  readonly nonce?: string;
}

export interface FeedOptions {
  /**
   * Begin with the commit after this one: its tid, or the commit itself, whose nonce is then compared. 0: from the first commit on. Left out:
   * from the next commit on.
   */
  after?: number | CommitPlace;
  /** Ends the iteration with `ABORT_ERR`. */
  signal?: AbortSignal;
}

/** `after`, checked. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
export function placeOf(after: unknown): CommitPlace | undefined {
  if (after === undefined) return undefined;
  if (typeof after === 'number') {
    checkSize(after, 'after', 0, Number.MAX_SAFE_INTEGER);
    return { tid: after };
  }
  if (typeof after !== 'object' || after === null)
    throw invalidType('after', 'the tid of a commit, or a commit', after);
  const { tid, nonce } = after as { tid?: unknown; nonce?: unknown };
  if (typeof tid !== 'number') throw invalidType('after.tid', 'a number', tid);
  checkSize(tid, 'after.tid', 0, Number.MAX_SAFE_INTEGER);
  if (nonce === undefined) return { tid };
  if (typeof nonce !== 'string') throw invalidType('after.nonce', 'a string', nonce);
  return { tid, nonce };
}

/** The options that all feeds have, checked. `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
export function feedOptions(options: object): { place: CommitPlace | undefined; signal: AbortSignal | undefined } {
  checkObject(options, 'options');
  const { after, signal } = options as { after?: unknown; signal?: unknown };
  checkSignal(signal);
  return { place: placeOf(after), signal };
}
