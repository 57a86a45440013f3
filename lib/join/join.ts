import { inspectAs } from '../base/inspect.ts';
import type { EntryLike } from '../read/entry-source.ts';
import { Sequence, TurnTakingIterator } from '../read/sequence.ts';
import { JoinIterator } from './join-iterator.ts';
import { JoinPlan } from './join-plan.ts';
import type { JoinOptions, JoinPair, JoinType } from './join-types.ts';

/** The pairs of a join. Each iteration runs the join again. If neither range has a transaction, each run opens its own. */
export class Join<Pair> extends Sequence<Pair> {
  readonly #plan: JoinPlan;

  /** Not for users: `hashJoin()` and `mergeJoin()` make these. */
  constructor(plan: JoinPlan) {
    super();
    this.#plan = JoinPlan.check(plan);
  }

  override [Symbol.iterator](): IterableIterator<Pair, undefined> {
    return new JoinIterator(this.#plan) as unknown as IterableIterator<Pair, undefined>;
  }

  /** Iterates as above, but lets the event loop run every few milliseconds, also while the build side is read. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<Pair, undefined> {
    const iterator = new JoinIterator(this.#plan);
    return new TurnTakingIterator(iterator as unknown as IterableIterator<Pair, undefined>, () => iterator.prepare());
  }

  /** Runs the join and returns how many pairs there are, without making them. */
  override count(): number {
    return new JoinIterator(this.#plan).count();
  }

  static {
    inspectAs(Join.prototype, (self) => {
      const { name, type, build, probe } = self.#plan;
      return `Join { ${name}, ${type}, build: '${build.collection.name}', probe: '${probe.collection.name}' }`;
    });
  }
}

/**
 * Joins two ranges by a hash table. Native code makes the table of the build side, from the stored bytes, and looks up each entry of the
 * probe side in it. The pairs come in the order of the probe side; the pairs of one probe entry come in the order of the build side. Strings
 * are equal if their UTF-8 is, and numbers if their values are, whatever their types. Null, absent values and NaN match nothing.
 *
 * The table takes up to 58 bytes for each build entry that has a value to join on, so the smaller side should be `build`. Throws
 * `ERR_JOIN_MEMORY` before the table takes more than `maxTableBytes`.
 *
 * Both sides are read from one snapshot. So either both ranges are of the same snapshot, or of no transaction: then the join opens its own.
 * After the end of the transaction, the next step throws `ERR_TXN_ENDED`; pairs that you have kept stay readable. Throws `ERR_CODEC` for
 * an entry whose value to join on is malformed, and `ERR_INVALID_ARG_VALUE` for values that can never be equal, such as a number and a
 * string.
 */
export function hashJoin<Build extends EntryLike, Probe extends EntryLike, T extends JoinType = 'inner'>(
  options: JoinOptions<Build, Probe, T>,
): Join<JoinPair<Build, Probe, T>> {
  return new Join(new JoinPlan('hashJoin', options));
}

/**
 * Joins as `hashJoin` does, but without a table: both ranges must be in ascending order of the values that they are joined on. Numbers are
 * ordered by value, text and bytes by their bytes, false before true. Elements of different kinds are ordered as in a tuple, except that
 * integers and doubles are ordered together, by value.
 *
 * It keeps only the build entries of one value at a time, in 28 bytes each. Throws `ERR_JOIN_MEMORY` before they take more than
 * `maxTableBytes`, and `ERR_KEY_ORDER` at an entry that is out of order. It reads both sides to their ends to check the order.
 */
export function mergeJoin<Build extends EntryLike, Probe extends EntryLike, T extends JoinType = 'inner'>(
  options: JoinOptions<Build, Probe, T>,
): Join<JoinPair<Build, Probe, T>> {
  return new Join(new JoinPlan('mergeJoin', options));
}
