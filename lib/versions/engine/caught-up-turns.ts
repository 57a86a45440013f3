import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { TransactTurns } from '../back-off.ts';
import type { RunTurns } from '../turn.ts';

/** The turns of a transaction of an engine, which tells first what others have committed in theirs: as of an older commit, a run would meet that again. */
export class CaughtUpTurns implements RunTurns {
  readonly #turns: TransactTurns;
  readonly #catchUp: () => void;

  constructor(environment: EnvironmentState, catchUp: () => void) {
    this.#turns = new TransactTurns(environment);
    this.#catchUp = catchUp;
  }

  begin(run: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    const waits = this.#turns.begin(run, signal);
    return waits === undefined ? undefined : this.#caughtUp(waits);
  }

  end(): void {
    this.#turns.end();
  }

  async #caughtUp(waits: Promise<void>): Promise<void> {
    await waits;
    this.#catchUp();
  }
}
