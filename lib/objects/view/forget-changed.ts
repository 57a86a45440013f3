import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { ITEM_ENTRY, ITEM_PREFIX_BYTES } from '../../key/item-key.ts';
import { ID_BYTES, idAt } from '../../key/object-id.ts';
import { native } from '../../native/native.ts';
import { decodeRecord, type RecordedChange } from '../../versions/change-record.ts';
import type { Base } from '../base.ts';
import type { RowCache } from '../collections/row-cache.ts';
import { forgetState, rowsBehind } from '../handle.ts';
import type { HandleTable } from './pages.ts';

/** Above this, the states of all handles are read again, in place of those that the log of changes names. */
const MOST_COMMITS = 256;

/** Forgets what the commits after `from`, up to `to`, have changed: see `forgetChanged`. */
export function forgetBetween(base: Base, from: number, to: number, handles: HandleTable, rowCache: RowCache): boolean {
  let known = to - from <= MOST_COMMITS && to > from;
  for (let next = from + 1; known && next <= to; next++) known = forgetChanged(base, next, handles, rowCache);
  return known;
}

/** Lets the handles of a view, and what it has read of collections, be read again where a commit has changed them. False if the log does not tell. */
function forgetChanged(base: Base, tid: number, handles: HandleTable, rowCache: RowCache): boolean {
  const record = native.changeAfter(base.state.native, tid - 1);
  if (record === null || typeof record === 'number') return false;
  forgetChanges(decodeRecord(new Uint8Array(record), tid, isOfObjects).changes, handles, rowCache);
  return true;
}

/** Lets what changes concern be read again. */
export function forgetChanges(changes: readonly RecordedChange[], handles: HandleTable, rowCache: RowCache): void {
  for (const { collection, keys } of changes) {
    if (!isOfObjects(collection)) continue;
    if (collection === OBJECTS) {
      if (keys === undefined) handles.forEach(forgetState);
      else for (const key of keys) forgetObject(handles, idAt(key, 0));
    } else if (keys === undefined) {
      rowCache.clear();
    } else {
      for (const key of keys) forgetRow(handles, key);
    }
  }
}

function forgetObject(handles: HandleTable, id: number): void {
  const handle = handles.get(id);
  if (handle !== undefined) forgetState(handle);
}

function forgetRow(handles: HandleTable, key: Uint8Array): void {
  const handle = key[ID_BYTES] === ITEM_ENTRY ? handles.get(idAt(key, 0)) : undefined;
  if (handle !== undefined) rowsBehind(handle)?.forget(key.subarray(ITEM_PREFIX_BYTES));
}

function isOfObjects(name: string): boolean {
  return name === OBJECTS || name === ITEMS;
}
