import type { Entry } from '../../read/entry.ts';

/** The time of an entry as exports write it: in ms since 1970, 0 if the entry stays. */
export function exportedTime({ expires = Number.POSITIVE_INFINITY }: Entry<unknown, unknown>): number {
  return expires === Number.POSITIVE_INFINITY ? 0 : expires;
}

/** Writes entries in one format. */
export interface RecordWriter {
  /**
   * Adds an entry. Returns about how many characters `take` would return. `ERR_CODEC`; `ERR_INVALID_ARG_VALUE` for an entry that the format
   * cannot hold.
   */
  add(entry: Entry<unknown, unknown>): number;
  /** The text of the entries that were added since the last call. */
  take(): string;
  /** The text after the last entry. */
  end(): string;
}
