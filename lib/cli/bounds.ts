import type { RangeOptions } from '../read/bounds.ts';
import type { Opened } from './database.ts';
import { keyFrom } from './key.ts';

/** The options that say which entries of a collection are meant. */
export interface RangeCommandOptions {
  prefix?: string;
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: true;
  limit?: number;
}

/** The range that they mean. `Failure` for what is no key. */
export function boundsOf(options: RangeCommandOptions, { keyCodec }: Opened): RangeOptions<unknown> {
  const { reverse, limit } = options;
  // What is shown is not kept: nothing need be moved at the end.
  const bounds: RangeOptions<unknown> = { reverse: reverse === true, onEnd: 'invalidate' };
  for (const bound of ['prefix', 'gt', 'gte', 'lt', 'lte'] as const) {
    const text = options[bound];
    if (text !== undefined) bounds[bound] = keyFrom(text, keyCodec, `--${bound}`);
  }
  if (limit !== undefined) bounds.limit = limit;
  return bounds;
}
