import type { RangeOptions } from '../read/range-options.ts';
import type { Opened } from './database.ts';
import { keyFrom } from './typed-key.ts';

/** The options that select a range of entries. */
export interface RangeCommandOptions {
  prefix?: string;
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: true;
  limit?: number;
  offset?: number;
  distinct?: true;
}

/** The range that the options select. Throws a `Failure` for a text that is not a key. */
export function boundsOf(options: RangeCommandOptions, { key }: Pick<Opened, 'key'>): RangeOptions<unknown> {
  const { reverse, limit, offset, distinct } = options;
  // Entries are printed and dropped, so nothing need move to the heap at the end.
  const bounds: RangeOptions<unknown> = { reverse: reverse === true, onEnd: 'invalidate' };
  for (const bound of ['prefix', 'gt', 'gte', 'lt', 'lte'] as const) {
    const text = options[bound];
    if (text !== undefined) bounds[bound] = keyFrom(text, key, `--${bound}`);
  }
  if (limit !== undefined) bounds.limit = limit;
  if (offset !== undefined) bounds.offset = offset;
  if (distinct === true) bounds.distinct = true;
  return bounds;
}
