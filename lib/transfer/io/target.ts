import { createWriteStream, type Stats, type WriteStream } from 'node:fs';
import { realpath, rename, rm, stat } from 'node:fs/promises';
import { pipeline, Writable } from 'node:stream';
import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { aborted } from './abort.ts';
import { compressionOf } from './format.ts';
import { pathOf } from './source.ts';
import { packer } from './zlib.ts';

/** What a stream has failed with. */
export interface Failure {
  readonly error: unknown;
}

/** Anything that bytes can be written to: a path, a Writable, a web stream. */
export type ExportTarget = string | URL | Writable | WritableStream<Uint8Array>;

/**
 * A target that is being written. A file appears under its name when it is whole, and not before; a device or a pipe is
 * written as it is.
 */
export class Target {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #signal: AbortSignal | undefined;
  /** What is open below, and the name that it is to have, if it has another. */
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
    // What has been closed before will not say so again.
    if (stream.destroyed) this.#fail(stream.errored ?? closedEarly());
  }

  /**
   * `failure` is what a stream has failed with already. `ENOENT`, `EACCES`, … come with the first bytes; `EISDIR`,
   * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
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
      if (target.locked) throw invalidValue('the output is a stream that somebody writes already: it is locked');
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
    // What a link leads to is replaced, not the link.
    const whole = there === undefined ? path : await realpath(path);
    // Beside it, since it cannot be renamed from one file system to another.
    // Not imported at the top, as in value/struct/schema.ts.
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const temporary = `${whole}.${randomBytes(6).toString('hex')}.tmp`;
    const mode = there === undefined ? 0o666 : there.mode & 0o777;
    const file = createWriteStream(temporary, { flags: 'wx', flush: true, mode });
    if (pack !== undefined) pipeline(pack, file, () => {});
    return new Target(name, pack ?? file, signal, file, whole);
  }

  /** Bytes written so far, packed if they are. */
  get bytes(): number {
    return this.#file?.bytesWritten ?? this.#written;
  }

  /** Settles when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#check();
    this.#written += bytes.length;
    if (!this.#stream.write(bytes)) await this.#until(() => !this.#stream.writableNeedDrain);
    this.#check();
  }

  /** Ends the stream (but for the process's own output), and gives a file its name once it is on the disk. */
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

  /** To be called at last; what is not finished is removed. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const file = this.#file;
    if (file === undefined) {
      this.#letGo();
    } else if (!this.#done) {
      this.#stream.destroy();
      // A pipe that nobody reads would never be open, nor closed.
      if (this.#path === undefined) file.destroy();
      else await remove(file);
    }
  }

  /** Of a stream that has failed, later errors still have to be heard: nobody else may listen. */
  #letGo(): void {
    const stream = this.#stream;
    stream.off('drain', this.#onDrain);
    stream.off('finish', this.#onFinish);
    stream.off('close', this.#onClose);
    if (!this.#failed) stream.off('error', this.#onError);
  }

  /** Waits until something holds, or the target has failed. */
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

/** Whoever reads has gone: a pipe that is written meanwhile says so itself. */
function closedEarly(): Error {
  return Object.assign(new Error('it was closed before the end'), { code: 'EPIPE' });
}

/** A stream of somebody's own make. */
function isWritable(target: unknown): target is Writable {
  if (typeof target !== 'object' || target === null) return false;
  const { write, end, on, off } = target as Partial<Record<'write' | 'end' | 'on' | 'off', unknown>>;
  return [write, end, on, off].every((method) => typeof method === 'function');
}

/** What is there already; undefined for nothing, and for what cannot be looked at, which the opening will tell. */
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
