import type { FollowedRows } from '../../versions/engine/engine.ts';
import { ROOT } from '../base.ts';
import { behind } from '../collections/row-range.ts';
import { type CheckedHints, plainHints } from '../hints.ts';
import { knownRow } from './fetch.ts';
import type { WireReading } from './reading.ts';
import type { WireBase } from './wire-base.ts';

/** About how many bytes a server sends at most. What is left out is fetched level by level. */
const BUDGET = 16 * 2 ** 20;

const THEN = ['then', true] as const;

/** An object, and what is needed with it. */
export interface Wanted {
  readonly id: number;
  readonly hints: CheckedHints;
}

/** Lets the server follow the hints: everything comes with one question. It leaves out what it has sent to this client before, and more. */
export async function followWanted(base: WireBase, reading: WireReading, wanted: readonly Wanted[]): Promise<void> {
  const idsByHints = new Map<CheckedHints, number[]>();
  for (const { id, hints } of wanted) {
    const ids = idsByHints.get(hints);
    if (ids === undefined) idsByHints.set(hints, [id]);
    else ids.push(id);
  }
  const taker = {
    state: (state: Parameters<WireReading['take']>[0]) => void reading.take(state),
    rows: (rows: FollowedRows) => takeFollowed(base, reading, rows),
  };
  const waits = [...idsByHints].map(([hints, ids]) => {
    // A promise that is fulfilled with the root asks for its property `then`.
    const asked = ids.includes(ROOT)
      ? Object.fromEntries([...Object.entries(plainHints(hints)), THEN])
      : plainHints(hints);
    return base.engine.follow?.({ ids, hints: asked, at: reading.tid, budget: BUDGET }, taker);
  });
  await Promise.all(waits);
}

function takeFollowed(base: WireBase, reading: WireReading, { collection, range, rows }: FollowedRows): void {
  const { lower, lowerOpen, upper, upperOpen } = range;
  if (lower === undefined) return;
  const span = {
    collection,
    lower: lowerOpen ? behind(lower) : lower,
    upper: upper === undefined || upperOpen ? upper : behind(upper),
    rows: rows.map((row) => knownRow(base, reading, collection, row)),
    tid: reading.tid,
  };
  reading.takeRows(span, !base.isTouched(span));
}
