/**
 * Where a reader stands, and what it needs to go on from there: what an interrupted import remembers, as JSON. `bytes` of the
 * unpacked input lie before it; `line` is the next one, from 1.
 */
export interface Mark {
  readonly bytes: number;
  readonly line: number;
  readonly [detail: string]: unknown;
}

export const START: Mark = Object.freeze({ bytes: 0, line: 1 });

/** What a reader hands its records to. */
export interface RecordSink {
  /** A record that begins at `line`. What it throws ends the import. */
  record(record: unknown, line: number): void;
  /**
   * A line of JSON that stands in `source` from `start` on, all UTF-8, if it can be taken as it is: gives where the next one
   * begins, or -1 if the line has to be parsed.
   */
  readonly json: ((source: Uint8Array, start: number) => number) | undefined;
  /** An entry of a dump, as it is stored. The bytes are the reader's. */
  entry(key: Uint8Array, value: Uint8Array, line: number): void;
  /** What stands at `line` cannot be read. Throws if that ends the import. */
  reject(error: unknown, line: number): void;
}

/** Reads a file piece by piece. */
export interface RecordReader {
  /** Gets the next piece; false at the end. */
  fetch(): Promise<boolean>;
  /** Hands over the records of the piece that was fetched, all at once. */
  handOver(sink: RecordSink): void;
  /** Where the last piece ends. */
  mark(): Mark;
  /** The record that is being handed over, as it is in the file. */
  raw(): Buffer;
}
