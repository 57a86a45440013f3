import { pauseBeforeRun } from './pause.ts';

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

/** What a transaction waits for before its runs. */
export interface RunTurns {
  /** What its commits have as `turn`. */
  readonly turn?: Turn | undefined;
  /** To be called before each run, counted from 1. No promise if there is nothing to wait for. Throws an AbortError. */
  begin(run: number, signal: AbortSignal | undefined): Promise<void> | undefined;
  /** To be called at the end of the transaction. */
  end(): void;
}

/** The turns of a transaction at an engine that gives them with the answers to commits, or not at all. */
export class AnsweredTurns implements RunTurns {
  turn: Turn | undefined;

  begin(run: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (run === 1) return undefined;
    const { turn } = this;
    const isNext = turn?.isNext === true;
    if (turn === undefined) this.turn = newTurn();
    else turn.isNext = false;
    return isNext ? undefined : pauseBeforeRun(run, signal);
  }

  end(): void {}
}

let last = 0;

export function newTurn(): Turn {
  last = (last % (2 ** 32 - 1)) + 1;
  return { number: last, isNext: false };
}
