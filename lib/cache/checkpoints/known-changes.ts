import type { Change, StateKey, Tid } from '../../versions/engine/engine.ts';
import { RecentChanges } from '../../versions/engine/recent-changes.ts';
import type { Point } from './point.ts';

interface KnownPoint extends Point {
  /** How many keys and ranges all commits have changed, from the first one that was ever known to this one. */
  readonly total: number;
}

/**
 * Every change of the commits after `start`, up to `newest`. Commits are only added at the end, and forgotten at the beginning. So all views of a process share it, whatever
 * commit they read as of, and nothing is copied for them.
 */
export class KnownChanges {
  readonly #recent: RecentChanges;
  /** `start`, and the commits after it, each one more than the one before. */
  #points: KnownPoint[];

  constructor(start: Point) {
    this.#recent = new RecentChanges(start.tid);
    this.#points = [{ ...start, total: 0 }];
  }

  /** The commit after which it knows all. */
  get start(): Point {
    return this.#points[0] as Point;
  }

  get newest(): Point {
    return this.#points.at(-1) as Point;
  }

  /** How many keys and ranges it knows. */
  get size(): number {
    return this.changedAfter(this.start.tid);
  }

  /** Adds the commit after `newest`. */
  add(change: Change): void {
    const { tid, nonce, changes } = change;
    this.#recent.add(change);
    const count = changes.reduce((sum, { keys }) => sum + (keys?.length ?? 1), 0);
    this.#points.push({ tid, nonce, total: (this.newest as KnownPoint).total + count });
  }

  /** The commit with a number, from `start` on; undefined if it is not known. */
  point(tid: Tid): Point | undefined {
    return this.#points[tid - this.start.tid];
  }

  /** The last commit after `start` and up to `at` that has changed a key. */
  last(key: StateKey, at: Tid): Point | undefined {
    const tid = this.#recent.lastUpTo(key, at);
    return tid === undefined ? undefined : this.point(tid);
  }

  /** The end of the state that a key has as of a commit; undefined if no commit that is known has changed it. What is not known may have, just after it. */
  next(key: StateKey, at: Tid): Tid | undefined {
    return at < this.start.tid ? at + 1 : this.#recent.firstAfter(key, at);
  }

  /** How many keys and ranges have changed after a commit. */
  changedAfter(tid: Tid): number {
    const from = (this.point(tid) ?? this.start) as KnownPoint;
    return (this.newest as KnownPoint).total - from.total;
  }

  /** Forgets the commits up to one that it knows: that is the start from now on. */
  forget(tid: Tid): void {
    if (tid <= this.start.tid) return;
    this.#recent.forget(tid);
    this.#points = this.#points.slice(tid - this.start.tid);
  }
}
