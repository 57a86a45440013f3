import type { Tid } from '../../versions/engine/engine.ts';
import type { Committed } from '../commit.ts';
import type { Line } from '../connection/line.ts';
import type { SqlRow } from '../connection/sql-client.ts';
import type { Statement } from '../sql/statement.ts';
import type { ToldChanges } from '../told-changes.ts';
import type { Watcher } from '../watcher.ts';
import type { SharedFlush } from './shared-flush.ts';

/** A commit that was asked, and what was asked behind it in the same trip. */
export interface CommitTrip {
  /** The commit that was told last when it was asked. */
  readonly after: Tid;
  readonly answer: Promise<readonly SqlRow[]>;
  /** Fulfilled when it was told, and what others have committed before it. Never rejected. Undefined: that was not asked. */
  readonly told: Promise<void> | undefined;
  /** See `SharedFlush.wait`. Undefined: that was not asked. */
  readonly flushed: Promise<boolean> | undefined;
}

export interface CommitTripsOptions {
  readonly line: Line;
  /** Undefined if commits wait for the disk themselves. */
  readonly flush: SharedFlush | undefined;
  readonly watcher: () => Watcher;
  /** This was committed. */
  readonly committed: (tid: Tid) => void;
  /** Undefined if nothing is told any more. */
  readonly told: () => ToldChanges | undefined;
}

/**
 * Commits of an engine, one statement each. If nobody waits behind a commit, what would be asked after it is sent along with it: the server answers one after the other. If others
 * do, it would delay them, and they share it later.
 */
export class CommitTrips {
  readonly #options: CommitTripsOptions;
  /** Whether others had committed before the last commit of this program, which cannot be told without what they have. */
  #meetsOthers = false;
  #underWay = 0;

  constructor(options: CommitTripsOptions) {
    this.#options = options;
  }

  /** `id`: that of the commit. `unanswered`: see `Line.ask`. */
  begin(
    id: Uint8Array,
    statement: Statement,
    values: readonly unknown[],
    unanswered: (error: Error) => Error,
  ): CommitTrip {
    const { line, flush, watcher, told: toldNow } = this.#options;
    const after = toldNow()?.tid ?? 0;
    const isAlone = this.#underWay++ === 0;
    const answer = line.ask(statement, values, unanswered).finally(() => {
      this.#underWay--;
    });
    const told = isAlone && this.#meetsOthers ? watcher().pollBehind(line) : undefined;
    const flushed = isAlone ? flush?.behind(line, id) : undefined;
    // It does not count if the commit fails.
    flushed?.catch(() => {});
    return { after, answer, told, flushed };
  }

  /** Has told what this process has committed, or looks for it; undefined for what was in conflict with something that was not told yet. `trip`: that of the commit, if it had one. */
  committed(commit: Committed | undefined, trip: CommitTrip | undefined): void {
    const { watcher, committed, told } = this.#options;
    const all = told();
    if (all === undefined) return;
    if (commit === undefined) {
      void watcher().poll();
      return;
    }
    const { tid, made } = commit;
    committed(tid);
    // The poll behind it may have told it already.
    const isNext = made !== undefined && (all.takeOwn(made.change, made) || trip?.after === tid - 1);
    this.#meetsOthers = !isNext;
    if (all.tid < tid) void this.#look(tid, trip?.told);
  }

  async #look(tid: Tid, told: Promise<void> | undefined): Promise<void> {
    await told;
    const all = this.#options.told();
    // It was not asked, or the server has not given it: it may be another one.
    if (all !== undefined && all.tid < tid) await this.#options.watcher().poll();
  }
}
