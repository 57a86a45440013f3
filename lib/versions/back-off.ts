import { clearTimeout, now, setTimeout, unref } from '../base/clock.ts';
import { weakMapGet, weakMapSet } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import type { EnvironmentState } from '../transaction/environment-state.ts';
import { pause, pauseBeforeRun } from './pause.ts';

/*
 * What a transaction waits for before it runs. After the first conflict it waits for a random time, which grows with each further run: so
 * two processes do not meet again and again. After the second one it also waits for its turn: transactions of one thread that go on meeting conflicts
 * run one after the other, or of a hundred that change one key only one would get on at a time, and the others would run in vain.
 *
 * That does not help against somebody, in another process as a rule, who commits without a pause, and never meets a conflict. So after some more conflicts a transaction takes the turn of the whole database:
 * until it has committed, nobody else begins a run.
 */

/** A transaction waits for its turn, and has that of the database, no longer than so many ms: the one before it may wait for something that this one has to do. */
const LONGEST_TURN = 1000;
/** From this run on, it takes the turn of the database. */
const FIRST_ALONE = 6;
/** Others wait no longer than so many ms for that. */
const LONGEST_ALONE = 100;

/** The end of the last turn that was taken. */
const turns = new WeakMap<EnvironmentState, Promise<void>>();

/** What one transaction waits for before its runs. */
export class TransactTurns {
  readonly #environment: EnvironmentState;
  #releaseThread: (() => void) | undefined;
  #isAlone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(environment: EnvironmentState) {
    this.#environment = environment;
  }

  /** To be called before each run. No promise if there is nothing to wait for. Throws an AbortError. */
  begin(run: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    return run === 1 && !native.transactTurnIsTaken(this.#environment.handle) ? undefined : this.#wait(run, signal);
  }

  /** To be called at the end of the transaction. */
  end(): void {
    this.#endAlone();
    this.#releaseThread?.();
  }

  #endAlone(): void {
    if (!this.#isAlone) return;
    clearTimeout(this.#timer);
    this.#isAlone = false;
    // One that was closed has given it back.
    if (this.#environment.isOpen) native.transactTurnRelease(this.#environment.handle);
  }

  async #wait(run: number, signal: AbortSignal | undefined): Promise<void> {
    if (run > 1 && run < FIRST_ALONE) await pauseBeforeRun(run, signal);
    if (run > 2) this.#releaseThread ??= await turnInThread(this.#environment, signal);
    if (run >= FIRST_ALONE && !this.#isAlone && (await takeTurn(this.#environment, signal))) {
      this.#isAlone = true;
      this.#timer = setTimeout(() => this.#endAlone(), LONGEST_TURN);
      unref(this.#timer);
    }
    if (!this.#isAlone) await othersTurn(this.#environment, signal);
  }
}

async function turnInThread(environment: EnvironmentState, signal: AbortSignal | undefined): Promise<() => void> {
  const before = weakMapGet(turns, environment);
  let release = (): void => {};
  const turn = new Promise<void>((resolve) => {
    release = resolve;
  });
  weakMapSet(turns, environment, turn);
  try {
    if (before !== undefined) await pause(LONGEST_TURN, signal, before);
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

/** Takes the turn of the database. False if others have had it for too long. */
async function takeTurn(environment: EnvironmentState, signal: AbortSignal | undefined): Promise<boolean> {
  const end = now() + LONGEST_TURN;
  while (!native.transactTurnTake(environment.handle)) {
    if (now() > end) return false;
    await pause(1, signal);
  }
  return true;
}

async function othersTurn(environment: EnvironmentState, signal: AbortSignal | undefined): Promise<void> {
  const end = now() + LONGEST_ALONE;
  while (native.transactTurnIsTaken(environment.handle) && now() < end) await pause(1, signal);
}
