/**
 * The position of a reader in its input, with what it needs to go on from there. A checkpoint stores it as JSON. `bytes` is the number of
 * decompressed bytes before the position, `line` the number of the next line, counted from 1.
 */
export interface Mark {
  readonly bytes: number;
  readonly line: number;
  readonly [detail: string]: unknown;
}

export const START: Mark = Object.freeze({ bytes: 0, line: 1 });

/** What a reader gives its records to. */
export interface RecordConsumer {
  /** Takes a record that begins at `line`. If this throws, the import ends. */
  record(record: unknown, line: number): void;
  /**
   * Takes the line of JSON that begins at `start` in `source`, which is UTF-8, without parsing it into objects. Returns where the next
   * line begins, or -1 if the line must be parsed.
   */
  readonly json: ((source: Uint8Array, start: number) => number) | undefined;
  /**
   * Takes an entry of a dump, as stored bytes. They belong to the reader, so they must be copied. `time`: when it expires, in ms since 1970, 0
   * if it stays; undefined if the dump does not say.
   */
  entry(key: Uint8Array, value: Uint8Array, line: number, time: number | undefined): void;
  /** Called for a record at `line` that cannot be read. Throws if that ends the import. */
  reject(error: unknown, line: number): void;
}

/** Reads a file piece by piece. */
export interface RecordReader {
  /** Gets the next piece; false at the end. */
  fetch(): Promise<boolean>;
  /** Gives all records of the piece that was fetched to the consumer. */
  handOver(consumer: RecordConsumer): void;
  /** The position at the end of the last piece. */
  mark(): Mark;
  /** The bytes in the file of the record that the consumer is getting. */
  raw(): Buffer;
}
