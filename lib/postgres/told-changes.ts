import type { Change, StateKey, Tid } from '../versions/engine/engine.ts';
import { EngineListeners } from '../versions/engine/listeners.ts';
import { RecentChanges } from '../versions/engine/recent-changes.ts';
import type { Polled } from './change-rows.ts';
import type { Told } from './connection/servers.ts';
import { otherHistory } from './errors.ts';
import { Nonces } from './nonces.ts';

/** The commits that were told: up to which, and what the last ones have changed. */
export class ToldChanges {
  readonly listeners: EngineListeners = new EngineListeners();
  /** States as of a commit before this one may be gone, as far as is known here. */
  history: Tid = 0;
  readonly #nonces = new Nonces();
  #told: Told;
  #recent: RecentChanges;

  constructor(told: Told) {
    this.#told = told;
    this.#nonces.add(told.tid, told.nonce);
    this.#recent = new RecentChanges(told.tid);
  }

  get told(): Told {
    return this.#told;
  }

  get tid(): Tid {
    return this.#told.tid;
  }

  /** Undefined if it is not known, or not any more. */
  nonceOf(tid: Tid): string | undefined {
    return this.#nonces.of(tid);
  }

  /**
   * Tells what a poll has given, commit by commit, in one synchronous step. What was told already is passed over: two polls can be under way. Gives whether there are more commits.
   * `ERR_SNAPSHOT_LOST` if the store has another history than the one that was told.
   */
  take(polled: Polled, after: Told, place: string): boolean {
    const { tid, nonce, history, log, epoch, isStandby, before, changes } = polled;
    const isOther = before !== undefined && before !== after.nonce;
    if (epoch !== after.epoch || isOther || (tid < after.tid && !isStandby)) throw otherHistory(place);
    // What was told meanwhile, from elsewhere: the server that was asked may have followed another one since.
    for (const each of changes) {
      const known = each.tid <= this.tid ? this.#nonces.of(each.tid) : undefined;
      if (known !== undefined && known !== each.nonce) throw otherHistory(place);
    }
    this.history = Math.max(this.history, history);
    if (log > this.tid) this.#skipTo(tid, nonce);
    const news = changes.filter((change) => change.tid > this.tid);
    for (const change of news) this.#recent.add(change);
    for (const change of news) this.#tell(change);
    this.#recent.trim();
    return this.tid < tid;
  }

  /**
   * Tells a commit of this process, if it follows on what was told: in the same history, with none in between. Gives whether it did: otherwise a poll tells it, with what comes before it.
   * `before`: the nonce of the commit before it.
   */
  takeOwn(change: Change, { before, epoch, history }: { before: string; epoch: number; history: Tid }): boolean {
    const { tid, nonce, epoch: toldEpoch } = this.#told;
    if (change.tid !== tid + 1 || before !== nonce || epoch !== toldEpoch) return false;
    this.history = Math.max(this.history, history);
    this.#recent.add(change);
    this.#tell(change);
    this.#recent.trim();
    return true;
  }

  /** The first commit after `tid` that has changed a key: a `next` that is true, if the state was the newest one at the commit `head`. */
  nextOf(key: StateKey, tid: Tid, head: Tid): Tid | undefined {
    // What has changed between the two is not known: what is sure is only that it was true there.
    if (head < this.#recent.start) return head + 1;
    return this.#recent.firstAfter(key, tid);
  }

  /** Since when a key that is absent as of `at` is known to be absent. */
  absentSince(key: StateKey, at: Tid): Tid {
    if (at < this.#recent.start) return at;
    return this.#recent.lastUpTo(key, at) ?? this.#recent.start;
  }

  #tell(change: Change): void {
    this.#nonces.add(change.tid, change.nonce);
    this.listeners.change(change);
    this.#told = { ...this.#told, tid: change.tid, nonce: change.nonce };
  }

  /** The log of changes was trimmed before it was read. */
  #skipTo(tid: Tid, nonce: string): void {
    this.#recent = new RecentChanges(tid);
    this.#nonces.add(tid, nonce);
    this.listeners.gap(tid, nonce);
    this.#told = { ...this.#told, tid, nonce };
  }
}
