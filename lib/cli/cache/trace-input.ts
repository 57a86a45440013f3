import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { unpacker } from '../../transfer/io/compression.ts';
import { compressionOf } from '../../transfer/io/format.ts';
import { readingFailed } from '../../transfer/io/input.ts';

const READ_SIZE = 256 * 1024;

/** A trace that is being read. */
export interface TraceInput {
  /** What it is called in errors. */
  readonly name: string;
  /** Its bytes, decompressed. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file that have been read so far, and all of them; undefined for standard input. */
  bytesRead(): number;
  readonly totalBytes: number | undefined;
}

/** Opens a trace, compressed or not; `-` is standard input. `ENOENT`, `EACCES`, `EISDIR`, …; `ABORT_ERR` while it is read. */
export async function openTrace(path: string, signal: AbortSignal): Promise<TraceInput> {
  if (path === '-') {
    const chunks = named(addAbortSignal(signal, process.stdin), 'standard input');
    return { name: 'standard input', chunks, bytesRead: () => 0, totalBytes: undefined };
  }
  const name = `'${path}'`;
  const unpack = await unpacker(compressionOf(path), path);
  let file: ReadStream;
  let totalBytes: number;
  try {
    totalBytes = (await stat(path)).size;
    file = addAbortSignal(signal, createReadStream(path, { highWaterMark: READ_SIZE }));
  } catch (error) {
    throw readingFailed(name, error);
  }
  const chunks = named(unpack === undefined ? file : unpack(file), name);
  return { name, chunks, bytesRead: () => file.bytesRead, totalBytes };
}

/** The chunks, with errors that name the trace. */
async function* named(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ABORT_ERR' ? error : readingFailed(name, error);
  }
}
