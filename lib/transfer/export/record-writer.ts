import type { Entry } from '../../read/entry.ts';

/** Writes entries in one format. */
export interface RecordWriter {
  /** Takes an entry; gives about how many characters are to be taken. `ERR_CODEC`; `ERR_INVALID_ARG_VALUE` for what the format cannot hold. */
  add(entry: Entry<unknown, unknown>): number;
  /** What has been written since it was last called. */
  take(): string;
  /** What comes after all entries. */
  end(): string;
}
