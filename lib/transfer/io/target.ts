import { createWriteStream, type Stats, type WriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { pipeline, Writable } from 'node:stream';
import { aborted } from '../../base/abort.ts';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { packer } from './compression.ts';
import { compressionOf } from './format.ts';
import { pathOf } from './input.ts';

/** The error of a stream that has failed. */
export interface Failure {
  readonly error: unknown;
}

/** Anything that bytes can be written to: a path, a Writable, a web stream. */
export type ExportTarget = string | URL | Writable | WritableStream<Uint8Array>;

/**
 * An output that is being written. A file gets its name only when it is complete. A device or a pipe is written to
 * directly.
 */
export class Target {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #signal: AbortSignal | undefined;
  /** The open file, if the output is one; and the path that it gets at the end, if it has a temporary name. */
  readonly #file: WriteStream | undefined;
  readonly #path: string | undefined;
  #written = 0;
  #failure: unknown;
  #failed = false;
  #finished = false;
  #done = false;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => this.#fail(aborted(this.#signal));
  readonly #onError = (error: unknown): void => this.#fail(error);
  readonly #onDrain = (): void => this.#wake?.();
  readonly #onFinish = (): void => {
    this.#finished = true;
    this.#wake?.();
  };
  readonly #onClose = (): void => {
    if (!this.#finished) this.#fail(closedEarly());
    this.#wake?.();
  };

  private constructor(
    name: string,
    stream: Writable,
    signal: AbortSignal | undefined,
    file?: WriteStream,
    path?: string,
  ) {
    this.#name = name;
    this.#stream = stream;
    this.#signal = signal;
    this.#file = file;
    this.#path = path;
    stream.on('error', this.#onError);
    stream.on('drain', this.#onDrain);
    const last = file ?? stream;
    if (last !== stream) last.on('error', this.#onError);
    last.on('finish', this.#onFinish);
    last.on('close', this.#onClose);
    signal?.addEventListener('abort', this.#onAbort);
    // A stream that is closed already gives no event.
    if (stream.destroyed) this.#fail(stream.errored ?? closedEarly());
  }

  /**
   * `failure` is the error of a stream that has failed already. `EISDIR`, `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`. (`ENOENT`,
   * `EACCES`, … are thrown with the first bytes.)
   */
  static async open(target: unknown, signal: AbortSignal | undefined, failure: Failure | undefined): Promise<Target> {
    const path = pathOf(target);
    if (path !== undefined) return Target.#openFile(path, signal);
    if (isWritable(target)) {
      const opened = new Target('the output', target, signal);
      if (failure !== undefined) opened.#fail(failure.error);
      return opened;
    }
    if (target instanceof WritableStream) {
      if (target.locked) throw invalidValue('the output is a locked stream: somebody else writes to it already');
      return new Target('the output', Writable.fromWeb(target), signal);
    }
    throw invalidType('target', 'a path or a stream', target);
  }

  static async #openFile(path: string, signal: AbortSignal | undefined): Promise<Target> {
    const pack = await packer(compressionOf(path), path);
    const there = await lookAt(path);
    if (there?.isDirectory() === true) {
      throw new LeaseholdError('EISDIR', `cannot write '${path}': it is a directory`);
    }
    const name = `'${path}'`;
    if (there !== undefined && !there.isFile()) {
      const device = createWriteStream(path);
      if (pack !== undefined) pipeline(pack, device, () => {});
      return new Target(name, pack ?? device, signal, device);
    }
    // If the path is a link, the file that it leads to is replaced, not the link.
    const whole = there === undefined ? path : await realpath(path);
    // The temporary file is in the same directory, since a file cannot be renamed to another file system. `node:crypto` is not imported
    // at the top, for the reason given in value/struct/schema.ts.
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const temporary = `${whole}.${randomBytes(6).toString('hex')}.tmp`;
    const mode = there === undefined ? 0o666 : there.mode & 0o777;
    const file = createWriteStream(temporary, { flags: 'wx', flush: true, mode });
    if (pack !== undefined) pipeline(pack, file, () => {});
    return new Target(name, pack ?? file, signal, file, whole);
  }

  /** Bytes written so far, compressed if the file is. */
  get bytes(): number {
    return this.#file?.bytesWritten ?? this.#written;
  }

  /** Writes bytes. Settles when the stream has room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#check();
    this.#written += bytes.length;
    if (!this.#stream.write(bytes)) await this.#until(() => !this.#stream.writableNeedDrain);
    this.#check();
  }

  /** Ends the stream, unless it is the process's own output. A file gets its name when it is on the disk. */
  async finish(): Promise<void> {
    const stream = this.#stream;
    if (stream === process.stdout || stream === process.stderr) {
      let written = false;
      stream.write('', () => {
        written = true;
        this.#wake?.();
      });
      await this.#until(() => written);
    } else {
      stream.end();
      const file = this.#file;
      await this.#until(() => this.#finished && (file === undefined || file.closed));
    }
    this.#check();
    if (this.#path !== undefined) {
      try {
        await rename((this.#file as WriteStream).path as string, this.#path);
      } catch (error) {
        this.#fail(error);
        this.#check();
      }
    }
    this.#done = true;
  }

  /** To be called at the end, in any case. Removes a file that is not complete. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const file = this.#file;
    if (file === undefined) {
      this.#removeListeners();
    } else if (!this.#done) {
      this.#stream.destroy();
      // Not awaited: a pipe that nobody reads is never opened, and never closed.
      if (this.#path === undefined) file.destroy();
      else await remove(file);
    }
  }

  /** The listener for errors stays on a stream that has failed: if nobody listened, a second error would end the process. */
  #removeListeners(): void {
    const stream = this.#stream;
    stream.off('drain', this.#onDrain);
    stream.off('finish', this.#onFinish);
    stream.off('close', this.#onClose);
    if (!this.#failed) stream.off('error', this.#onError);
  }

  /** Waits until `done()` is true, or the target has failed. */
  async #until(done: () => boolean): Promise<void> {
    while (!this.#failed && !done()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #fail(error: unknown): void {
    if (!this.#failed) this.#failure = error;
    this.#failed = true;
    this.#wake?.();
  }

  #check(): void {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
    if (!this.#failed) return;
    const error = this.#failure;
    if (error instanceof LeaseholdError || !(error instanceof Error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new LeaseholdError(code ?? 'EIO', `cannot write ${this.#name}: ${error.message}`, { cause: error });
  }
}

/** The error for a stream whose reader has gone. (A pipe that is being written to gives the same error itself.) */
function closedEarly(): Error {
  return Object.assign(new Error('it was closed before the end'), { code: 'EPIPE' });
}

/** Whether `target` has the methods of a Writable, whatever its class is. */
function isWritable(target: unknown): target is Writable {
  if (typeof target !== 'object' || target === null) return false;
  const { write, end, on, off } = target as Partial<Record<'write' | 'end' | 'on' | 'off', unknown>>;
  return [write, end, on, off].every((method) => typeof method === 'function');
}

/** What exists at a path; undefined if there is nothing, or if it cannot be looked at (then opening it gives the error). */
async function lookAt(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}

async function remove(file: WriteStream): Promise<void> {
  if (!file.closed) {
    await new Promise<void>((resolve) => {
      file.once('close', resolve);
      file.destroy();
    });
  }
  await rm(file.path, { force: true });
}
