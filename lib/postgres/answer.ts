import type { Tid } from '../versions/engine/engine.ts';
import type { SqlRow } from './connection/sql-client.ts';

/** What a statement gives that reads as of a commit: see sql/reading-statements.ts. */
export interface Answer {
  /** The newest commit of the server, and the oldest one as of which it can be read. */
  readonly head: Tid;
  readonly history: Tid;
  /** The nonce of the commit that was told last, or of `head` if that is older; undefined if the server does not know it any more. */
  readonly nonce: string | undefined;
  /** What the first column says beyond that. */
  readonly more: readonly (string | undefined)[];
  readonly rows: readonly SqlRow[];
}

/** The first column of the first row says what is true of the whole answer. */
export function answerOf(rows: readonly SqlRow[]): Answer {
  const [head, history, nonce, ...more] = itemsOf(rows[0]?.[0] as string);
  return { head: Number(head), history: Number(history), nonce: nonce === NO_NONCE ? undefined : nonce, more, rows };
}

/** The nonce of the commit 0, which is none. */
const NO_NONCE = '';

/** The items of a row that the server gives as text: '(12,0,ab,)'. None of them has a comma in it. Those that are null are undefined, and '""' is an empty text. */
export function itemsOf(text: string): (string | undefined)[] {
  return text
    .slice(1, -1)
    .split(',')
    .map((item) => (item === '' ? undefined : item === '""' ? '' : item));
}
