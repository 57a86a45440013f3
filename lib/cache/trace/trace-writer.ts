import { Buffer } from 'node:buffer';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { clearTimeout, setTimeout } from '../../base/clock.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { keyedHash } from '../../key-map/keyed-hash.ts';
import type { TraceOp } from './trace-batch.ts';
import { TraceEncoder } from './trace-encoder.ts';
import { BLOCK_HEAD, BLOCK_SIZE, MAGIC } from './trace-format.ts';

/** Blocks that wait for the disk. When so many do, records are left out. */
const MOST_WAITING = 16;
/** Records reach the file after so many ms at the latest. */
const DELAY = 1000;
/** The seeds of hashes are constants, so that traces of several processes name the same objects. */
const SEED = 0x6c656173;

/**
 * Records a trace into a file. `record` never waits, never throws and takes no more memory than 17 blocks of 64 KiB: when the
 * disk is too slow, records are left out and counted in `dropped`. After an error of the disk all of them are.
 */
export class TraceWriter {
  readonly path: string;
  /** Records that were left out. */
  dropped: number = 0;
  /** What went wrong with the file; after it nothing is recorded. */
  failure: LeaseholdError | undefined;
  readonly #file: FileHandle;
  /** Where the next block goes. */
  #position: number;
  readonly #encoder = new TraceEncoder();
  readonly #seeds: Map<string, number> = new Map();
  #waiting: Buffer[] = [];
  #isWriting = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;

  private constructor(path: string, file: FileHandle, position: number) {
    this.path = path;
    this.#file = file;
    this.#position = position;
  }

  /**
   * Opens the file, or makes it; the recording goes on behind what a file has. `%p` in the path becomes the number of this process:
   * each process needs a file of its own. `ENOENT`, `EACCES`, …; `ERR_INVALID_ARG_VALUE` if the file is something else than a trace.
   */
  static async open(path: string): Promise<TraceWriter> {
    const own = path.replaceAll('%p', String(process.pid));
    let file: FileHandle | undefined;
    try {
      // Not 'a+': then the end could not be cut off.
      file = await openFile(own, 'r+').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return openFile(own, 'wx+');
      });
      return new TraceWriter(own, file, await endOf(file, own));
    } catch (error) {
      await file?.close();
      throw failed(own, error);
    }
  }

  /**
   * Records an operation on a key of a collection. `size`: bytes of the value, 0 if it is absent. `tid`: the commit that was
   * read, made or told of. The file has a hash of the key and its collection, not the key.
   */
  record(op: TraceOp, collection: string, key: Uint8Array, size: number, tid: number): void {
    if (this.#isClosed || this.failure !== undefined || this.#waiting.length >= MOST_WAITING) {
      this.dropped++;
      return;
    }
    let seed = this.#seeds.get(collection);
    if (seed === undefined) {
      const name = Buffer.from(collection);
      seed = keyedHash(name, 0, name.length, SEED, ~SEED);
      this.#seeds.set(collection, seed);
    }
    const low = keyedHash(key, 0, key.length, seed, SEED);
    const high = keyedHash(key, 0, key.length, seed, ~SEED);
    this.#encoder.add(op, low, high, size, tid, Date.now());
    if (this.#encoder.isFull) this.#pass();
    else this.#timer ??= setTimeout(() => this.#pass(), DELAY).unref();
  }

  /** Writes what is left, and closes the file. Throws what went wrong with the file, if anything did. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pass();
    if (this.#isWriting) await new Promise<void>((resolve) => (this.#idle = resolve));
    try {
      await this.#file.close();
    } catch (error) {
      this.failure ??= failed(this.path, error);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  /** Passes the block to the disk. */
  #pass(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#encoder.count === 0) return;
    this.#waiting.push(Buffer.from(this.#encoder.take()));
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) {
        const block = this.#waiting[0] as Buffer;
        for (let at = 0; at < block.length; ) {
          at += (await this.#file.write(block, at, block.length - at, this.#position + at)).bytesWritten;
        }
        this.#position += block.length;
        this.#waiting.shift();
      }
    } catch (error) {
      this.failure = failed(this.path, error);
      for (const block of this.#waiting) this.dropped += block.readUInt32LE(4);
      this.#waiting = [];
    }
    this.#isWriting = false;
    this.#idle?.();
  }
}

/** Where the last whole block of a trace ends; cuts off what is behind it. Writes the head of a new trace. */
async function endOf(file: FileHandle, path: string): Promise<number> {
  const { size } = await file.stat();
  const head = Buffer.alloc(BLOCK_HEAD);
  if (size === 0) {
    await file.write(MAGIC, 0, MAGIC.length, 0);
  } else {
    await file.read(head, 0, MAGIC.length, 0);
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new LeaseholdError('ERR_INVALID_ARG_VALUE', `'${path}' is no trace of this version: give another file`);
    }
  }
  let end = MAGIC.length;
  for (;;) {
    const { bytesRead } = await file.read(head, 0, BLOCK_HEAD, end);
    const next = end + BLOCK_HEAD + head.readUInt32LE(0);
    if (bytesRead < BLOCK_HEAD || next > size || head.readUInt32LE(0) > BLOCK_SIZE) break;
    end = next;
  }
  await file.truncate(end);
  return end;
}

function failed(path: string, error: unknown): LeaseholdError {
  if (error instanceof LeaseholdError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new LeaseholdError(code ?? 'EIO', `cannot record into '${path}': ${message}`, { cause: error });
}
