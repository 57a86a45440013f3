import { close as closeFile, constants, createReadStream, open as openFile, type Stats } from 'node:fs';
import { stat as statOf } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { aborted } from '../../base/abort.ts';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { checkPath } from '../../transaction/directory.ts';
import { unpacker } from './compression.ts';
import { compressionOf } from './format.ts';
import { ChunkDecoder, chunksOf } from './input-chunks.ts';
import { checkSignature } from './signature.ts';
import type { Transcoder } from './transcoder.ts';

/** How many bytes are read and given on at once. The event loop waits until they are encoded. */
const READ_SIZE = 256 * 1024;

/** Anything that bytes can be read from: a path, a Readable, a web stream, an iterable of chunks. */
export type ImportSource = string | URL | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** An input that is being read. */
export class Input {
  /** Its name in errors. */
  readonly name: string;
  /** Bytes of the file, undefined for a stream. */
  readonly totalBytes: number | undefined;
  readonly #chunks: AsyncIterator<unknown>;
  readonly #decoder: ChunkDecoder;
  /** The file, if the input is one. It counts compressed bytes. */
  readonly #file: FileStream | undefined;
  #counted = 0;
  /** Bytes of the file that were skipped without being read. */
  #skipped = 0;
  /** The part of a chunk that `next` has still to give. */
  #left: Buffer | undefined;
  #interrupt: ((error: unknown) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#interrupt?.(aborted(this.#signal));

  private constructor(
    name: string,
    chunks: AsyncIterator<unknown>,
    signal: AbortSignal | undefined,
    file?: FileStream,
    totalBytes?: number,
  ) {
    this.name = name;
    this.#chunks = chunks;
    this.#decoder = new ChunkDecoder(name);
    this.#signal = signal;
    this.#file = file;
    this.totalBytes = totalBytes;
    signal?.addEventListener('abort', this.#onAbort);
  }

  /**
   * Opens a file, and skips its first `skip` bytes (decompressed, and in UTF-8); or takes a stream. `transcoder` converts a text that is
   * not UTF-8. `ENOENT`, `EACCES`, `EISDIR`, …; `ERR_INVALID_ARG_TYPE`.
   */
  static async open(
    source: unknown,
    signal: AbortSignal | undefined,
    skip: number,
    transcoder?: Transcoder,
  ): Promise<Input> {
    const path = pathOf(source);
    if (path !== undefined) return Input.#openFile(path, signal, skip, transcoder);
    const chunks = chunksOf(source);
    return new Input('the input', transcoder?.decode(chunks, 'the input') ?? chunks, signal);
  }

  static async #openFile(
    path: string,
    signal: AbortSignal | undefined,
    skip: number,
    transcoder: Transcoder | undefined,
  ): Promise<Input> {
    const unpack = await unpacker(compressionOf(path), path);
    const isRaw = unpack === undefined && transcoder === undefined;
    const name = `'${path}'`;
    let totalBytes: number | undefined;
    let file: FileStream;
    try {
      const stat = await statOf(path);
      if (stat.isDirectory()) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
      totalBytes = stat.isFile() ? stat.size : undefined;
      file = await openStream(path, stat, isRaw ? skip : 0);
    } catch (error) {
      throw readingFailed(name, error);
    }
    const bytes = (unpack === undefined ? file : unpack(file))[Symbol.asyncIterator]();
    const input = new Input(name, transcoder?.decode(bytes, name) ?? bytes, signal, file, totalBytes);
    if (isRaw) {
      input.#skipped = skip;
      return input;
    }
    try {
      await input.#pass(skip);
      return input;
    } catch (error) {
      input.close();
      throw error;
    }
  }

  /** Bytes read so far, as they are in the file. */
  get bytes(): number {
    return this.#skipped + (this.#file?.bytesRead ?? this.#counted);
  }

  /** The next decompressed bytes, at most `READ_SIZE`; undefined at the end. `ABORT_ERR` as soon as the signal is aborted. */
  async next(): Promise<Buffer | undefined> {
    this.#checkSignal();
    const chunk = this.#left ?? (await this.#nextChunk());
    this.#left = undefined;
    if (chunk === undefined || chunk.length <= READ_SIZE) return chunk;
    this.#left = chunk.subarray(READ_SIZE);
    return chunk.subarray(0, READ_SIZE);
  }

  /** An iterator over what `next` gives, for a later call that goes on reading. */
  chunks(): AsyncIterator<Buffer> {
    return {
      next: async () => {
        const value = await this.next();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #nextChunk(): Promise<Buffer | undefined> {
    let result: unknown;
    try {
      // Not Promise.race, which would keep all of these promises in memory until the signal is gone.
      result = await new Promise((resolve, reject) => {
        this.#interrupt = reject;
        Promise.resolve(this.#chunks.next()).then(resolve, reject);
      });
    } catch (error) {
      throw readingFailed(this.name, error);
    }
    if (typeof result !== 'object' || result === null) {
      throw invalidType('what the input gives', 'the result of an iterator', result);
    }
    const { done, value } = result as Partial<IteratorResult<unknown>>;
    if (done === true) {
      this.#decoder.end();
      return undefined;
    }
    const chunk = this.#decoder.decode(value);
    if (this.#counted === 0 && this.#skipped === 0) checkSignature(chunk, this.name);
    this.#counted += chunk.length;
    return chunk;
  }

  /** Skips decompressed bytes. */
  async #pass(length: number): Promise<void> {
    for (let passed = 0; passed < length; ) {
      this.#checkSignal();
      const chunk = await this.#nextChunk();
      if (chunk === undefined) return;
      if (passed + chunk.length > length) this.#left = chunk.subarray(length - passed);
      passed += chunk.length;
    }
  }

  #checkSignal(): void {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#interrupt = undefined;
    // Not awaited: a stream that is stuck would never answer.
    const { return: close } = this.#chunks;
    if (typeof close === 'function') ignoreFailure(() => close.call(this.#chunks));
    this.#file?.destroy();
  }
}

/** A file that is being read, which counts its bytes. */
type FileStream = Readable & { readonly bytesRead: number };

/**
 * Opens a file and skips its first `skip` bytes. A pipe or a terminal has no positions, and is read from where it is.
 */
async function openStream(path: string, stat: Stats, skip: number): Promise<FileStream> {
  if (stat.isFIFO() && process.platform !== 'win32') return openPipe(path);
  const options = stat.isFile() ? { start: skip } : {};
  return createReadStream(path, { fd: await opened(path, constants.O_RDONLY), highWaterMark: READ_SIZE, ...options });
}

/**
 * Opens a named pipe or a process substitution. It is opened and read without blocking: a thread that waits for a writer cannot
 * be stopped, and would keep the process alive.
 */
async function openPipe(path: string): Promise<FileStream> {
  const { Socket } = await import('node:net');
  const fd = await opened(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

function opened(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    openFile(path, flags, (error, fd) => (error === null ? resolve(fd) : reject(error)));
  });
}

async function ignoreFailure(fn: () => unknown): Promise<void> {
  try {
    await fn();
  } catch {
    // Closing failed, but everything that was needed has been read.
  }
}

/** The path of a source or a target; undefined for a stream. `ERR_INVALID_ARG_VALUE` for an invalid path. */
export function pathOf(given: unknown): string | undefined {
  if (given instanceof URL) {
    try {
      return fileURLToPath(given);
    } catch (cause) {
      throw invalidValue(`'${given}' is not the URL of a file: ${(cause as Error).message}`);
    }
  }
  if (typeof given !== 'string') return undefined;
  checkPath(given);
  return given;
}

/** The error to throw when reading a file or a stream failed with `error`. */
export function readingFailed(name: string, error: unknown): unknown {
  if (error instanceof LeaseholdError || !(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_INVALID_ARG_TYPE') return error;
  if (code === 'Z_BUF_ERROR') {
    return new LeaseholdError('ERR_INVALID_ARG_VALUE', `${name} ends too early: its compressed data is cut off`, {
      cause: error,
    });
  }
  if (code?.startsWith('Z_') === true || code?.startsWith('ZSTD_') === true) {
    return new LeaseholdError('ERR_INVALID_ARG_VALUE', `${name} cannot be decompressed: ${error.message}`, {
      cause: error,
    });
  }
  if (code === undefined) return error;
  return new LeaseholdError(code, `cannot read ${name}: ${error.message}`, { cause: error });
}
