import { inspectAs } from '../base/inspect.ts';
import type { EntryLike } from '../read/entry-source.ts';
import { Sequence, TurnTakingIterator } from '../read/sequence.ts';
import { JoinIterator } from './join-iterator.ts';
import { JoinPlan } from './join-plan.ts';
import type { JoinOptions, JoinPair, JoinType } from './join-types.ts';

/** The pairs of a join. Each iteration joins anew, in a transaction of its own if neither range has one. */
export class Join<Pair> extends Sequence<Pair> {
  readonly #plan: JoinPlan;

  /** Not for users: `hashJoin()` and `mergeJoin()` make these. */
  constructor(plan: JoinPlan) {
    super();
    this.#plan = JoinPlan.check(plan);
  }

  override [Symbol.iterator](): IterableIterator<Pair> {
    return new JoinIterator(this.#plan) as unknown as IterableIterator<Pair>;
  }

  /** The same, with a turn of the event loop every few milliseconds, also while the build side is read. */
  override [Symbol.asyncIterator](): AsyncIterableIterator<Pair> {
    const iterator = new JoinIterator(this.#plan);
    return new TurnTakingIterator(iterator as unknown as IterableIterator<Pair>, () => iterator.prepare());
  }

  /** How many pairs there are; makes none. */
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
 * Joins two ranges: a hash table of the build side is made in native code, from the bytes where they lie, and each entry
 * of the probe side is looked up in it. Pairs come in the order of the probe side, and those of one probe entry in the
 * order of the build side. Strings join by their UTF-8, numbers by value whatever their type; null, absent and NaN match
 * nothing. The table takes up to 58 bytes for each build entry that has a value to join on, so the smaller side should be
 * `build`: `ERR_JOIN_MEMORY` before it takes more than `maxTableBytes`.
 *
 * Both ranges stand on one snapshot: they name one transaction, or none, and the join opens its own. `ERR_TXN_ENDED` at
 * the step after its end; pairs that were kept stay readable. `ERR_CODEC` for an entry whose value to join on is
 * malformed. `ERR_INVALID_ARG_VALUE` for values that can never be equal, such as a number and a string.
 */
export function hashJoin<Build extends EntryLike, Probe extends EntryLike, T extends JoinType = 'inner'>(
  options: JoinOptions<Build, Probe, T>,
): Join<JoinPair<Build, Probe, T>> {
  return new Join(new JoinPlan('hashJoin', options));
}

/**
 * The same for two ranges that both are in ascending order of what they are joined on: numbers by number, text and bytes
 * by their bytes, false before true, and elements of different kinds in the order of a tuple's elements (but integers and
 * doubles among each other). It keeps nothing but the build entries of one value, in 28 bytes each: `ERR_JOIN_MEMORY`
 * before they take more than `maxTableBytes`. `ERR_KEY_ORDER` at an entry that is out of order; both sides are read to
 * their ends to know.
 */
export function mergeJoin<Build extends EntryLike, Probe extends EntryLike, T extends JoinType = 'inner'>(
  options: JoinOptions<Build, Probe, T>,
): Join<JoinPair<Build, Probe, T>> {
  return new Join(new JoinPlan('mergeJoin', options));
}
