import { isIn } from '../versions/byte-range.ts';
import type { RecordedChange } from '../versions/change-record.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import { afterAll, keyOfState, MOST_CACHED_KEY, olderKey, stateKey } from './cache-keys.ts';
import type { CacheTables } from './cache-tables.ts';
import { isBefore, type Part, partOf } from './positions.ts';
import { decodeState, encodeState, isValid, type StoredState, u32 } from './state-record.ts';

/*
 * What changes the states of a cache, always in a write transaction together with the commit up to which they are true.
 */

/** So many states of a key are kept beside the newest one. */
const MOST_OLDER = 8;

/** A state to be stored. */
export interface NewState {
  readonly collection: string;
  readonly key: Uint8Array;
  readonly tid: Tid;
  readonly next: Tid | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** Ends the states that a commit has changed. */
export function applyChange(tables: CacheTables, { tid, changes }: Change, epoch: number): void {
  for (const change of changes) {
    const number = tables.number(change.collection);
    if (number === undefined) continue;
    if (change.keys === undefined) closeRange(tables, number, change, tid, epoch);
    else for (const key of change.keys) closeKey(tables, number, key, tid, epoch);
  }
}

function closeKey(tables: CacheTables, number: number, key: Uint8Array, tid: Tid, epoch: number): void {
  if (key.length > MOST_CACHED_KEY) {
    // It has no record that could be a hole.
    const span = tables.spans.over(number, key, epoch);
    if (span !== undefined) tables.spans.delete(number, span);
    return;
  }
  const at = stateKey(number, key);
  const record = tables.states.get(at)?.toBuffer();
  const state = record === undefined ? undefined : decodeState(record);
  if (state !== undefined && (state.next !== undefined || state.epoch === epoch)) close(tables, at, state, tid);
  else {
    // Nobody has it, or what is there is worth nothing. In a span, it was absent, and is a hole now.
    const span = tables.spans.over(number, key, epoch);
    if (span !== undefined) put(tables, at, { tid: span.tid, next: tid, epoch, bytes: undefined }, state === undefined);
    else if (state !== undefined) tables.states.del(at);
  }
}

function put(tables: CacheTables, at: Uint8Array, state: StoredState, isNew: boolean): void {
  if (isNew) tables.insert(at, encodeState(state));
  else tables.states.put(at, encodeState(state));
}

function closeRange(tables: CacheTables, number: number, { range }: RecordedChange, tid: Tid, epoch: number): void {
  if (range === undefined) return;
  const closed: [Uint8Array, StoredState][] = [];
  tables.states.scan({ gte: stateKey(number, range.lower ?? new Uint8Array(0)) }, ({ key, value }) => {
    const at = new Uint8Array(key.toBuffer());
    if (u32(at, 0) !== number) return false;
    if (isIn(keyOfState(at), range)) closed.push([at, decodeState(new Uint8Array(value.toBuffer()))]);
    return range.upper === undefined || Buffer.compare(keyOfState(at), range.upper) <= 0;
  });
  for (const span of tables.spans.meeting(number, partOf(range))) tables.spans.delete(number, span);
  for (const [at, state] of closed) {
    if (state.next === undefined && state.epoch !== epoch) tables.states.del(at);
    else close(tables, at, state, tid);
  }
}

function close(tables: CacheTables, at: Uint8Array, state: StoredState, tid: Tid): void {
  if (state.next !== undefined || state.tid >= tid) return;
  tables.states.put(at, encodeState({ ...state, next: tid }));
}

/** What was read of a range as of a commit: all keys that it has. Nothing in it was changed since. */
export interface NewSpan extends Part {
  readonly collection: string;
  readonly tid: Tid;
}

/** Stores that a part is known whole. Its states have been stored: what else has a record there that has ended, is absent. */
export function storeSpan(tables: CacheTables, { collection, from, to, tid }: NewSpan, epoch: number): void {
  const number = tables.makeNumber(collection);
  // Too large, or too many to be in the cache together.
  const isIncomplete = tables.forgotten.some((at) => {
    const key = keyOfState(at);
    return u32(at, 0) === number && !isBefore(key, from) && isBefore(key, to);
  });
  if (isIncomplete) return;
  const ended: Uint8Array[] = [];
  const bounds = { gte: stateKey(number, from), lt: to === undefined ? afterAll(number) : stateKey(number, to) };
  tables.states.scan(bounds, ({ key, value }) => {
    const state = decodeState(value.toBuffer());
    if (state.tid <= tid && !isValid(state, tid, epoch)) ended.push(keyOfState(new Uint8Array(key.toBuffer())));
  });
  for (const key of ended) storeState(tables, { collection, key, tid, next: undefined, bytes: undefined }, epoch);
  tables.spans.add(number, { from, to, tid, epoch });
}

/** Stores what was read. All commits up to that of the cache have been applied to it. */
export function storeState(tables: CacheTables, state: NewState, epoch: number): void {
  const number = tables.makeNumber(state.collection);
  const at = stateKey(number, state.key);
  const given: StoredState = { tid: state.tid, next: state.next, epoch, bytes: state.bytes };
  const record = tables.states.get(at)?.toBuffer();
  const stored = record === undefined ? undefined : decodeState(record);
  if (stored === undefined || (stored.next === undefined && stored.epoch !== epoch)) {
    put(tables, at, given, stored === undefined);
    return;
  }
  const merged = merge(stored, given);
  if (merged !== undefined) {
    if (merged !== stored) tables.states.put(at, encodeState(merged));
  } else if (given.tid > stored.tid) {
    storeOlder(tables, number, state.key, stored);
    tables.states.put(at, encodeState(given));
  } else {
    storeOlder(tables, number, state.key, given);
  }
}

/**
 * Two intervals of one state are both true, so is what they cover together. An absent key has no commit that wrote it: each interval begins when
 * somebody knew.
 */
function merge(stored: StoredState, given: StoredState): StoredState | undefined {
  const isSame =
    stored.tid === given.tid ||
    (stored.bytes === undefined && given.bytes === undefined && meets(stored, given.tid) && meets(given, stored.tid));
  if (!isSame) return undefined;
  const tid = Math.min(stored.tid, given.tid);
  const isLonger = stored.next !== undefined && (given.next === undefined || given.next > stored.next);
  if (!isLonger && tid === stored.tid) return stored;
  return { ...stored, tid, next: isLonger ? given.next : stored.next, epoch: given.epoch };
}

function meets({ next }: StoredState, tid: Tid): boolean {
  return next === undefined || tid <= next;
}

/** An interval that is open cannot lie before another one. */
function storeOlder(tables: CacheTables, number: number, key: Uint8Array, state: StoredState): void {
  if (state.next === undefined) return;
  const at = olderKey(number, key, state.tid);
  const record = tables.older.get(at)?.toBuffer();
  if (record !== undefined && (decodeState(record).next as Tid) >= state.next) return;
  tables.older.put(at, encodeState(state));
  const all = { gte: olderKey(number, key, Number.MAX_SAFE_INTEGER), lte: olderKey(number, key, 0) };
  if (tables.older.count(all) > MOST_OLDER) tables.older.clear({ ...all, reverse: true, limit: 1 });
}
