import { clearTimeout, nextTurn, setTimeout } from '../../base/clock.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { CommitAnswer, CommitRequest, EngineConflict } from '../../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../../versions/engine/environment-engine.ts';
import type { Rights } from '../rights/rights.ts';
import { GivenTurn, KeptByOthers } from './given-turn.ts';
import type { TurnCommits } from './turn-commits.ts';

/*
 * Transactions that meet conflicts take turns, or one client that commits without a pause would keep all others from ever committing: while they run, it has
 * committed again. A transaction that was refused twice gets the second answer when it is its turn. From then on until its next commit, commits that would
 * change what it had read wait. They wait for one turn at most, and hold nothing meanwhile; the commit of a turn waits for nobody. So nobody waits in a circle,
 * and nobody for long.
 */

/** ms. A turn ends then, also if no commit has come. */
const LONGEST_TURN = 100;
/** ms. An answer waits no longer for a turn. */
const LONGEST_WAIT = 2000;
const MOST_TURNS = 256;
const MOST_TURNS_OF_CLIENT = 64;
/** Each commit is compared with those that are under way. */
const MOST_GRANTED = 32;

/** The commits that clients ask for. */
export class FairCommits {
  readonly #commits: TurnCommits;
  readonly #engine: EnvironmentEngine;
  /** In their order: those under way, and those that wait. */
  readonly #turns = new OwnMap<GivenTurn, true>();
  /** The commit that was made last: the engine makes them in their order. */
  #last: Promise<unknown> | undefined;
  #isStopped = false;

  constructor(commits: TurnCommits, engine: EnvironmentEngine) {
    this.#commits = commits;
    this.#engine = engine;
  }

  /** See `Engine.commit`. `owner` stands for the client. Sets `isNext` of the turn of a request. */
  commit(request: CommitRequest, rights: Rights, owner: object): Promise<CommitAnswer> {
    if (request.turn === undefined && this.#turns.size === 0) return this.#commit(request);
    return this.#commitFairly(request, rights, owner);
  }

  /** A client is gone. */
  leave(owner: object): void {
    this.#endAll((turn) => turn.owner === owner);
  }

  /** From now on, all commits are answered at once. */
  stop(): void {
    this.#isStopped = true;
    this.#endAll(() => true);
  }

  async #commitFairly(request: CommitRequest, rights: Rights, owner: object): Promise<CommitAnswer> {
    const { turn } = request;
    const own =
      turn === undefined ? undefined : this.#find((each) => each.owner === owner && each.number === turn.number);
    if (own === undefined) await this.#turnsOfOthers(request);
    else clearTimeout(own.timer);
    let answer: CommitAnswer;
    try {
      answer = await this.#commit(request);
    } finally {
      if (own !== undefined) this.#end(own);
    }
    if (turn !== undefined && !('tid' in answer)) {
      turn.isNext = await this.#waitForTurn(owner, turn.number, request, answer, rights);
    }
    return answer;
  }

  #commit(request: CommitRequest): Promise<CommitAnswer> {
    const answer = this.#commits.commit(request);
    this.#last = answer;
    return answer;
  }

  /** Waits until the turns of other transactions have ended that keep now what a commit writes. */
  async #turnsOfOthers(request: CommitRequest): Promise<void> {
    const ends: Promise<void>[] = [];
    this.#turns.forEach((_, turn) => {
      if (turn.isGranted && turn.isTouched(request)) ends.push(new Promise((resolve) => turn.waiting.push(resolve)));
    });
    for (const end of ends) await end;
  }

  /** A turn under way. */
  #find(is: (turn: GivenTurn) => boolean): GivenTurn | undefined {
    let found: GivenTurn | undefined;
    this.#turns.forEach((_, turn) => {
      if (found === undefined && turn.isGranted && is(turn)) found = turn;
    });
    return found;
  }

  /** False if there is none. */
  #waitForTurn(
    owner: object,
    number: number,
    request: CommitRequest,
    conflicts: readonly EngineConflict[],
    rights: Rights,
  ): Promise<boolean> {
    let ofClient = 0;
    this.#turns.forEach((_, turn) => {
      if (turn.owner === owner) ofClient++;
    });
    const isFull = this.#turns.size >= MOST_TURNS || ofClient >= MOST_TURNS_OF_CLIENT;
    return new Promise((resolve) => {
      if (this.#isStopped) return resolve(false);
      const turn = new GivenTurn(owner, number, resolve);
      turn.keep(request, conflicts, rights);
      // A client that may only read would take the places of others.
      if (turn.isEmpty) return resolve(true);
      if (isFull) return resolve(false);
      turn.timer = setTimeout(() => this.#end(turn), LONGEST_WAIT);
      this.#turns.set(turn, true);
      this.#grant();
    });
  }

  /** Begins the turns that have nothing in common with an earlier one. */
  #grant(): void {
    const kept = new KeptByOthers();
    let granted = 0;
    this.#turns.forEach((_, turn) => {
      if (turn.isApartFrom(kept) && granted < MOST_GRANTED && !turn.isGranted) void this.#begin(turn);
      if (turn.isGranted) granted++;
    });
  }

  /** From now on, commits wait for it. It sees what was committed before. */
  async #begin(turn: GivenTurn): Promise<void> {
    turn.isGranted = true;
    clearTimeout(turn.timer);
    try {
      // Those that have waited for the turn before are made now.
      await nextTurn();
      await this.#lastIsMade();
      if (!this.#turns.has(turn)) return;
      this.#engine.catchUp();
      turn.timer = setTimeout(() => this.#end(turn), LONGEST_TURN);
      turn.answer(true);
    } catch {
      // The engine has failed.
      this.#end(turn);
    }
  }

  async #lastIsMade(): Promise<void> {
    try {
      await this.#last;
    } catch {
      // Its client is told.
    }
  }

  #end(turn: GivenTurn): void {
    if (!this.#turns.delete(turn)) return;
    turn.end();
    this.#grant();
  }

  #endAll(is: (turn: GivenTurn) => boolean): void {
    const ended: GivenTurn[] = [];
    this.#turns.forEach((_, turn) => {
      if (is(turn)) ended.push(turn);
    });
    for (const turn of ended) this.#end(turn);
  }
}
