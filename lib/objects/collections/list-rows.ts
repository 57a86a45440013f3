import { keysBehind, keysBetween } from './order-keys.ts';
import type { Row } from './pending-rows.ts';
import { ALL } from './row-range.ts';
import type { Rows } from './rows.ts';

/** When a key gets longer than this, the elements around it get new ones. That takes 1,500 insertions at one place. */
const LONGEST_KEY = 200;
/** How many elements around a place get new keys at first. If their keys would still be long, so do twice as many. */
const FIRST_WINDOW = 256;

/** Adds elements behind the last one. In a transaction that waits, this reads nothing that others may change. */
export function pushBehind(rows: Rows, values: readonly unknown[], path: string): void {
  if (values.length === 0) return;
  rows.change(path, () => {
    const keys = keysBehind(rows.lastKey(), values.length, rows.uniqueId());
    for (let i = 0; i < keys.length; i++) rows.set(keys[i], values[i], path);
  });
}

/** Deletes the last element, or the first one, and returns its value; undefined if there is none. */
export function removeLast(rows: Rows, isLast: boolean, path: string): unknown {
  return rows.change(path, () => {
    const [row] = rows.page({ ...ALL, reverse: isLast, limit: 1 }, false);
    return row === undefined ? undefined : rows.remove(row, path);
  });
}

/** Deletes `count` elements from an index on, inserts others there, and returns the values that were deleted. There must be so many. */
export function insertAt(
  rows: Rows,
  index: number,
  count: number,
  values: readonly unknown[],
  path: string,
): unknown[] {
  return rows.change(path, () => {
    const start = Math.max(0, index - 1);
    const found = rows.page({ ...ALL, offset: start, limit: index - start + count + 1 }, false);
    const deleted = found.slice(index - start, index - start + count).map((row) => rows.remove(row, path));
    if (values.length === 0) return deleted;
    const before = index === 0 ? undefined : found[0]?.raw;
    const after = found[index - start + count]?.raw;
    const keys =
      after === undefined && before === undefined
        ? keysBehind(rows.lastKey(), values.length, rows.uniqueId())
        : keysBetween(before, after, values.length);
    for (let i = 0; i < keys.length; i++) rows.set(keys[i], values[i], path);
    if (keys.some((key) => key.length > LONGEST_KEY)) shortenKeys(rows, index, path);
    return deleted;
  });
}

/** Gives the elements around an index keys that are short. */
function shortenKeys(rows: Rows, index: number, path: string): void {
  for (let window = FIRST_WINDOW; ; window *= 2) {
    const from = Math.max(0, index - window);
    const start = Math.max(0, from - 1);
    const found = rows.page({ ...ALL, offset: start, limit: from - start + 2 * window + 1 }, false);
    const before = from === 0 ? undefined : found[0];
    const moved: readonly Row[] = found.slice(from - start, from - start + 2 * window);
    const after = found[from - start + 2 * window];
    const keys = keysBetween(before?.raw, after?.raw, moved.length);
    if (keys.some((key) => key.length > LONGEST_KEY / 2)) continue;
    rows.move(moved, keys, path);
    return;
  }
}
