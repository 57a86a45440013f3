import { createReadStream, type ReadStream } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { invalidType, LeaseholdError } from '../errors.ts';
import { isUint8Array } from '../primordials.ts';
import { aborted } from './abort.ts';
import { compressionOf } from './format.ts';
import { coder } from './zlib.ts';

/** How much of a file is read at once, in bytes. */
const READ_SIZE = 256 * 1024;

/** Anything that bytes can be read from: a path, a Readable, a web stream, an iterable of chunks. */
export type ImportSource = string | URL | Readable | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>;

/** A source that is being read. */
export class Source {
  /** How errors name it. */
  readonly name: string;
  /** Bytes of the file, undefined for a stream. */
  readonly totalBytes: number | undefined;
  readonly #chunks: AsyncIterator<Uint8Array | string>;
  /** The file, where there is one: what is packed is counted packed. */
  readonly #file: ReadStream | undefined;
  #counted = 0;
  /** Bytes of the file that were passed over without being read. */
  #skipped = 0;
  /** What of a chunk has been left for `next`. */
  #left: Buffer | undefined;
  #interrupt: ((error: unknown) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#interrupt?.(aborted(this.#signal));

  private constructor(
    name: string,
    chunks: AsyncIterator<Uint8Array | string>,
    signal: AbortSignal | undefined,
    file?: ReadStream,
    totalBytes?: number,
  ) {
    this.name = name;
    this.#chunks = chunks;
    this.#signal = signal;
    this.#file = file;
    this.totalBytes = totalBytes;
    signal?.addEventListener('abort', this.#onAbort);
  }

  /** Begins to read a file behind its first `skip` bytes (unpacked), or what a stream gives. `ENOENT`, `EACCES`, `EISDIR`, …; `ERR_INVALID_ARG_TYPE`. */
  static async open(source: unknown, signal: AbortSignal | undefined, skip: number): Promise<Source> {
    const path = pathOf(source);
    if (path !== undefined) return Source.#openFile(path, signal, skip);
    if (typeof source === 'object' && source !== null) {
      if (Symbol.asyncIterator in source) {
        const chunks = (source as AsyncIterable<Uint8Array | string>)[Symbol.asyncIterator]();
        return new Source('the input', chunks, signal);
      }
      if (Symbol.iterator in source && !isUint8Array(source)) {
        return new Source('the input', Readable.from(source as Iterable<Uint8Array>)[Symbol.asyncIterator](), signal);
      }
    }
    throw invalidType('source', 'a path or a stream', source);
  }

  static async #openFile(path: string, signal: AbortSignal | undefined, skip: number): Promise<Source> {
    const unpack = await coder('decompress', compressionOf(path), path);
    let totalBytes: number | undefined;
    let file: ReadStream;
    try {
      const handle = await openFile(path);
      const stat = await handle.stat();
      if (stat.isDirectory()) {
        await handle.close();
        throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
      }
      totalBytes = stat.isFile() ? stat.size : undefined;
      file = createReadStream(path, { fd: handle, highWaterMark: READ_SIZE, start: unpack === undefined ? skip : 0 });
    } catch (error) {
      throw readingFailed(`'${path}'`, error);
    }
    // The stream's own errors come out of the iterator.
    const stream = unpack === undefined ? file : pipeline(file, unpack, () => {});
    const source = new Source(`'${path}'`, stream[Symbol.asyncIterator](), signal, file, totalBytes);
    if (unpack === undefined) source.#skipped = skip;
    else await source.#pass(skip);
    return source;
  }

  /** Bytes read so far, as they are in the file. */
  get bytes(): number {
    return this.#skipped + (this.#file?.bytesRead ?? this.#counted);
  }

  /** The next bytes, unpacked; undefined at the end. `ABORT_ERR` as soon as the signal is given. */
  async next(): Promise<Buffer | undefined> {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
    const left = this.#left;
    this.#left = undefined;
    if (left !== undefined) return left;
    let result: IteratorResult<Uint8Array | string>;
    try {
      // Not a race of promises, which would hold every one of them until the signal goes.
      result = await new Promise((resolve, reject) => {
        this.#interrupt = reject;
        this.#chunks.next().then(resolve, reject);
      });
    } catch (error) {
      throw readingFailed(this.name, error);
    }
    if (result.done === true) return undefined;
    const chunk = toBuffer(result.value);
    this.#counted += chunk.length;
    return chunk;
  }

  /** Passes over unpacked bytes. */
  async #pass(length: number): Promise<void> {
    for (let passed = 0; passed < length; ) {
      const chunk = await this.next();
      if (chunk === undefined) return;
      if (passed + chunk.length > length) this.#left = chunk.subarray(length - passed);
      passed += chunk.length;
    }
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#interrupt = undefined;
    // A stream that is stuck would not answer.
    const closed = this.#chunks.return?.();
    closed?.then(undefined, () => {});
    this.#file?.destroy();
  }
}

/** The path that a source or a target is, undefined if it is a stream. */
export function pathOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (!(given instanceof URL)) return undefined;
  return decodeURIComponent(given.pathname);
}

function toBuffer(chunk: unknown): Buffer {
  if (isUint8Array(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw invalidType('a chunk of the input', 'a Uint8Array or a string', chunk);
}

/** The error to throw for what a file or a stream failed with. */
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
    return new LeaseholdError('ERR_INVALID_ARG_VALUE', `${name} cannot be unpacked: ${error.message}`, {
      cause: error,
    });
  }
  if (code === undefined) return error;
  return new LeaseholdError(code, `cannot read ${name}: ${error.message}`, { cause: error });
}
