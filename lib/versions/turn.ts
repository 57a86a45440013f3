/**
 * What the runs of a transaction have in common that has met conflicts again and again. An engine may keep others from committing what it had read, until it has
 * run again: then it is its turn.
 */
export interface Turn {
  /** Names the transaction, among those of one engine. From 1 to 2^32 - 1. */
  readonly number: number;
  /** Whether a commit was refused, and it is the transaction's turn now: it is to run again at once. */
  isNext: boolean;
}

let last = 0;

/** Before a commit of a run that is not the first one. */
export function turnAgain(turn: Turn | undefined): Turn {
  if (turn !== undefined) {
    turn.isNext = false;
    return turn;
  }
  last = (last % (2 ** 32 - 1)) + 1;
  return { number: last, isNext: false };
}
