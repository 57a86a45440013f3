import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline, Writable } from 'node:stream';
import { invalidType, LeaseholdError } from '../errors.ts';
import { aborted } from './abort.ts';
import { compressionOf } from './format.ts';
import { pathOf } from './source.ts';
import { coder } from './zlib.ts';

/** Anything that bytes can be written to: a path, a Writable, a web stream. */
export type ExportTarget = string | URL | Writable | WritableStream<Uint8Array>;

/** A target that is being written. A file appears under its name when it is whole, and not before. */
export class Target {
  readonly #name: string;
  readonly #stream: Writable;
  readonly #signal: AbortSignal | undefined;
  /** The file below, under another name, and the name that it is to have. */
  readonly #file: WriteStream | undefined;
  readonly #path: string | undefined;
  #written = 0;
  #failure: unknown;
  #failed = false;
  #done = false;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => this.#fail(aborted(this.#signal));

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
    stream.on('error', (error) => this.#fail(error));
    file?.on('error', (error) => this.#fail(error));
    stream.on('drain', () => this.#wake?.());
    stream.on('finish', () => this.#wake?.());
    const last = file ?? stream;
    last.on('close', () => {
      if (!last.writableFinished) this.#fail(new Error('it was closed before the end'));
      this.#wake?.();
    });
    signal?.addEventListener('abort', this.#onAbort);
  }

  /** `ENOENT`, `EACCES`, … come with the first bytes; `ERR_INVALID_ARG_TYPE`. */
  static async open(target: unknown, signal: AbortSignal | undefined): Promise<Target> {
    const path = pathOf(target);
    if (path !== undefined) {
      const pack = await coder('compress', compressionOf(path), path);
      // Beside it, since it cannot be renamed from one file system to another.
      // Not imported at the top, as in value/schema.ts.
      const { randomBytes } = process.getBuiltinModule('node:crypto');
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      const file = createWriteStream(temporary, { flags: 'wx', flush: true });
      if (pack !== undefined) pipeline(pack, file, () => {});
      return new Target(`'${path}'`, pack ?? file, signal, file, path);
    }
    if (target instanceof Writable) return new Target('the output', target, signal);
    if (target instanceof WritableStream) return new Target('the output', Writable.fromWeb(target), signal);
    if (typeof target === 'object' && target !== null && 'write' in target && 'on' in target) {
      return new Target('the output', target as Writable, signal);
    }
    throw invalidType('target', 'a path or a stream', target);
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
      await this.#until(() => (file === undefined ? stream.writableFinished : file.closed && file.writableFinished));
    }
    this.#check();
    if (this.#file !== undefined) await rename(this.#file.path as string, this.#path as string);
    this.#done = true;
  }

  /** To be called at last; what is not finished is removed. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#done || this.#file === undefined) return;
    const file = this.#file;
    this.#stream.destroy();
    if (!file.closed) {
      await new Promise<void>((resolve) => {
        file.once('close', resolve);
        file.destroy();
      });
    }
    await rm(file.path, { force: true });
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
