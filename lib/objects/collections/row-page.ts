import { invalidValue } from '../../base/errors.ts';
import { bytesToHex } from '../../base/hex.ts';
import type { Page } from '../../read/page.ts';
import type { Row } from './pending-rows.ts';
import type { RowRange } from './row-range.ts';
import type { Rows } from './rows.ts';

/**
 * The entries of a range, as many as its limit says, and the option `cursor` of the range that has those behind them. `ERR_INVALID_ARG_VALUE` without a
 * limit.
 */
export function pageOf<T>(rows: Rows, range: RowRange, keysOnly: boolean, make: (row: Row) => T): Page<T> {
  const { limit } = range;
  if (limit === Number.POSITIVE_INFINITY || limit === 0) throw invalidValue('a page needs a limit of at least 1');
  // One more, to find out whether there is a next page.
  const found = rows.page({ ...range, limit: limit + 1 }, keysOnly);
  const items = found.slice(0, limit).map(make);
  const last = found.length > limit ? found[limit - 1]?.raw : undefined;
  return { items, cursor: last === undefined ? undefined : bytesToHex(last, 0, last.length) };
}
