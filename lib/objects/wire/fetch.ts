import { OwnMap } from '../../base/own-map.ts';
import { OBJECTS } from '../../catalog/own-collections.ts';
import { idAt, idBytes } from '../../key/object-id.ts';
import type { EngineRow, StateKey, Tid } from '../../versions/engine/engine.ts';
import { behind } from '../collections/row-range.ts';
import { type Known, nameOf, type StateName } from './known-states.ts';
import { type MissedRange, Misses } from './misses.ts';
import type { WireReading } from './reading.ts';
import type { Span } from './spans.ts';
import type { WireBase } from './wire-base.ts';

/** About how many bytes of a range are fetched at once, at first and at most: each time that more of a collection is asked for, it is twice as much. */
const FIRST_BYTES = 16 * 1024;
const MOST_BYTES = 4 * 2 ** 20;
const MOST_CREDIT = 2 ** 20;

/** Fetches everything that was missed, at once. Throws what the engine throws. */
export async function fetchMissed(base: WireBase, reading: WireReading): Promise<void> {
  const { states, ranges, classes, hasUnknownClass, ids } = reading.misses;
  reading.misses = new Misses();
  const waits: Promise<unknown>[] = [];
  const keys: StateKey[] = [];
  states.forEach((key) => {
    keys.push(key);
  });
  addAhead(reading, states, keys);
  if (keys.length > 0) waits.push(fetchStates(base, reading, keys));
  for (const range of ranges) waits.push(fetchRange(base, reading, range));
  if (hasUnknownClass) waits.push(base.classes.refresh());
  for (const definition of classes) waits.push(base.classes.add(definition));
  if (ids > 0) waits.push(base.claimIds(ids));
  await Promise.all(waits);
}

/** Adds the keys of objects that will probably be missed next. */
function addAhead(reading: WireReading, missed: Misses['states'], keys: StateKey[]): void {
  missed.forEach(({ collection, key }) => {
    if (collection !== OBJECTS) return;
    for (const id of reading.ahead.with(idAt(key, 0))) {
      const next = idBytes(id);
      if (reading.lookUp(OBJECTS, next) === undefined) keys.push({ collection: OBJECTS, key: next });
    }
  });
}

/** Fetches the states of keys, each once. */
export async function fetchStates(base: WireBase, reading: WireReading, keys: readonly StateKey[]): Promise<void> {
  const each = new OwnMap<StateName, StateKey>();
  for (const key of keys) each.set(nameOf(key.collection, key.key), key);
  const wanted: StateKey[] = [];
  each.forEach((key) => {
    wanted.push(key);
  });
  const together: Known[] = [];
  await base.engine.load(wanted, reading.tid, (state) => {
    const known = reading.take(state);
    if (state.collection === OBJECTS) together.push(known);
  });
  reading.ahead.add(together);
}

/** Fetches the rows of a range: as many as are wanted, or more. */
export async function fetchRange(base: WireBase, reading: WireReading, range: MissedRange): Promise<void> {
  const { collection, lower, upper, reverse, most } = range;
  const { engine } = base;
  const least = Math.min(MOST_BYTES, FIRST_BYTES * 2 ** reading.fetchesOf(range));
  const rows: Known[] = [];
  let bytes = 0;
  const bounds = { lower, lowerOpen: false, upper, upperOpen: true, reverse };
  await engine.range(collection, bounds, reading.tid, Math.min(least, MOST_CREDIT), (batch) => {
    for (const row of batch.rows) {
      rows.push(knownRow(base, reading, collection, row));
      bytes += row.key.length + row.bytes.length;
    }
    const { complete } = batch;
    if (complete !== undefined && (rows.length < most || bytes < least)) return true;
    const span = spanOf(range, rows, complete, reading.tid);
    reading.takeRows(span, !base.isTouched(span));
    return false;
  });
}

/** A row of a range as of the commit of a reading. Ranges do not tell which commit has ended a state. */
export function knownRow(
  { engine, recent, known }: WireBase,
  { tid: at }: WireReading,
  collection: string,
  { key, tid, bytes }: EngineRow,
): Known {
  // What has changed since is known only of the last commits.
  let next: Tid | undefined;
  if (at < engine.processed()) next = at >= recent.start ? recent.firstAfter({ collection, key }, at) : at + 1;
  return known.take({ collection, key, tid, next, bytes });
}

/** What is known of a range once it was read up to a key, that one included; undefined: whole. */
function spanOf(
  { collection, lower, upper, reverse }: MissedRange,
  rows: Known[],
  complete: Uint8Array | undefined,
  tid: number,
): Span {
  if (!reverse) return { collection, lower, upper: complete === undefined ? upper : behind(complete), rows, tid };
  return { collection, lower: complete ?? lower, upper, rows: rows.reverse(), tid };
}
