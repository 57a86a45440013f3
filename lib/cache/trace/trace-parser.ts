import type { TraceBatch } from './trace-batch.ts';

/** Reads one format of traces. */
export interface TraceParser {
  /**
   * Reads whole records from the beginning of `bytes` until the batch is full or no whole record is left. Returns how many
   * bytes it has read. Throws `ERR_INVALID_ARG_VALUE` if the bytes are not of this format.
   */
  read(bytes: Buffer, batch: TraceBatch): number;
  /**
   * Reads what remains at the end of the file, less than a whole record. By default it is left out: a program that is killed
   * while it writes a trace leaves a piece of a record.
   */
  end?(bytes: Buffer, batch: TraceBatch): void;
}
