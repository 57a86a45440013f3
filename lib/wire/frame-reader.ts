import { protocolError, u32At } from './payload.ts';
import { HEAD_BYTES } from './protocol.ts';

/** A frame that was received. Its payload are the bytes from `start` to `end`. Frame and bytes change once the call that got them has returned. */
export interface Frame {
  kind: number;
  flags: number;
  id: number;
  collection: number;
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Finds frames in what a socket receives, in whatever pieces it comes. */
export class FrameReader {
  /** The most bytes of a payload. */
  most: number;
  /** While true, no frame is read: what comes is kept until `resume`. The caller must not `push` much meanwhile. */
  isStopped = false;
  /** Takes several frames at once, which stand one after the other from byte `at` on. Returns how many bytes it has taken; `take` gets the frame behind them. */
  takeRun: ((bytes: Uint8Array, at: number, to: number) => number) | undefined;
  readonly #take: (frame: Frame) => void;
  readonly #frame: Frame = { kind: 0, flags: 0, id: 0, collection: 0, bytes: NOTHING, start: 0, end: 0 };
  /** What was not read yet: the beginning of a frame, as a rule. Memory grows with what has come, not with the length that a head tells. */
  #rest: Uint8Array = NOTHING;
  #restLength = 0;

  constructor(most: number, take: (frame: Frame) => void) {
    this.most = most;
    this.#take = take;
  }

  /** Calls `take` for each frame that is whole now. `ERR_PROTOCOL` if a frame is too long; what `take` throws. */
  push(piece: Uint8Array): void {
    if (this.#restLength === 0) {
      const read = this.#read(piece, piece.length);
      if (read < piece.length) this.#append(piece, read);
      return;
    }
    this.#append(piece, 0);
    this.#readRest();
  }

  resume(): void {
    this.isStopped = false;
    this.#readRest();
  }

  #readRest(): void {
    const read = this.#read(this.#rest, this.#restLength);
    this.#restLength -= read;
    if (this.#restLength === 0) this.#rest = NOTHING;
    else if (read > 0) this.#rest.copyWithin(0, read, read + this.#restLength);
  }

  /** Reads frames, and returns where the first one begins that is not whole. */
  #read(bytes: Uint8Array, to: number): number {
    let at = 0;
    while (to - at >= HEAD_BYTES && !this.isStopped) {
      if (this.takeRun !== undefined) {
        const taken = this.takeRun(bytes, at, to);
        if (taken > 0) {
          at += taken;
          continue;
        }
      }
      const length = u32At(bytes, at);
      if (length > this.most) throw tooLong(length, this.most);
      const next = at + sizeOf(length);
      if (next > to) break;
      setFrame(this.#frame, bytes, at, length);
      this.#take(this.#frame);
      at = next;
    }
    return at;
  }

  #append(piece: Uint8Array, from: number): void {
    const count = piece.length - from;
    const needed = this.#restLength + count;
    if (needed > this.#rest.length) {
      const grown = new Uint8Array(this.#restLength === 0 ? needed : 2 * needed);
      grown.set(this.#rest.subarray(0, this.#restLength), 0);
      this.#rest = grown;
    }
    this.#rest.set(from === 0 ? piece : piece.subarray(from), this.#restLength);
    this.#restLength = needed;
  }
}

const NOTHING = new Uint8Array(0);

/** Reads the head of a frame at byte `at`, whose payload has `length` bytes. */
export function setFrame(frame: Frame, bytes: Uint8Array, at: number, length: number): void {
  frame.id = u32At(bytes, at + 4);
  frame.kind = bytes[at + 8] as number;
  frame.flags = bytes[at + 9] as number;
  frame.collection = (bytes[at + 10] as number) | ((bytes[at + 11] as number) << 8);
  frame.bytes = bytes;
  frame.start = at + HEAD_BYTES;
  frame.end = at + HEAD_BYTES + length;
}

/** How many bytes a frame takes whose payload has `length` bytes. */
export function sizeOf(length: number): number {
  return HEAD_BYTES + length + (-length & 3);
}

export function tooLong(length: number, most: number): Error {
  return protocolError(`a frame has ${length} bytes, and at most ${most} are allowed`);
}
