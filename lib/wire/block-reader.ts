import { ReceivedBlock } from '../lease/sources/received-block.ts';
import { type Frame, setFrame, sizeOf, tooLong } from './frame-reader.ts';
import { u32At } from './payload.ts';
import { CHUNK_BYTES, FIN, FIRST, HEAD_BYTES, Kind } from './protocol.ts';
import type { Receiver } from './transport.ts';

const BLOCK_BYTES = 128 * 1024;
/** Below this, what is left of a block is too little to receive into. */
const LEAST_ROOM = 8 * 1024;
/** So much is received at a time where the next piece of a large value is expected: what comes behind its head is copied. */
const HEAD_ROOM = 2 * 1024;

/** Takes the frames that a BlockReader finds. */
export interface BlockFrames {
  /** A whole frame. Its bytes stay as they are if rows of them are adopted; otherwise they change once this call has returned. */
  frame(frame: Frame): void;
  /** The next `length` bytes of a large value come. Returns where they belong; undefined if nobody wants them any more. */
  place(frame: Frame, length: number): Uint8Array | undefined;
  /** These bytes have come. */
  placed(frame: Frame, length: number): void;
}

let scratch: Uint8Array | undefined;

/** Memory for bytes of large values that nobody wants any more. */
function unwanted(): Uint8Array {
  scratch ??= new Uint8Array(CHUNK_BYTES);
  return scratch;
}

/**
 * Gives a socket the final memory to receive into: blocks, in which frames are read, and whose rows are adopted as they are (see ReceivedBlock); for
 * the bytes of a large value, the memory of the value.
 */
export class BlockReader implements Receiver {
  /** The most bytes of a payload. */
  most: number;
  readonly #frames: BlockFrames;
  readonly #frame: Frame = { kind: 0, flags: 0, id: 0, collection: 0, bytes: new Uint8Array(0), start: 0, end: 0 };
  #block: ReceivedBlock = new ReceivedBlock(BLOCK_BYTES);
  #bytes: Uint8Array = this.#block.receive();
  /** Whether rows may have been adopted of what was received since `receive`. */
  #isAdopted = false;
  #read = 0;
  #filled = 0;
  /** Of a chunk that has begun: how many bytes it has, and how many of them have not come. */
  #chunk = 0;
  #missing = 0;
  #target: Uint8Array | undefined;
  /** Whether more of a large value will come. */
  #isLarge = false;
  /** How many zeros behind a chunk have not come. */
  #padding = 0;

  constructor(most: number, frames: BlockFrames) {
    this.most = most;
    this.#frames = frames;
  }

  /** The block that the frame is in which `frame` gets: to adopt rows. */
  get block(): ReceivedBlock {
    this.#isAdopted = true;
    return this.#block;
  }

  memory(): Uint8Array {
    if (this.#missing > 0) {
      return this.#target === undefined
        ? unwanted().subarray(0, this.#missing)
        : this.#target.subarray(this.#chunk - this.#missing);
    }
    if (this.#read !== this.#filled) this.#makeRoom();
    else {
      this.#restart(BLOCK_BYTES);
      if (this.#isLarge) return this.#bytes.subarray(0, HEAD_ROOM);
    }
    return this.#filled === 0 ? this.#bytes : this.#bytes.subarray(this.#filled);
  }

  filled(count: number): void {
    if (this.#missing > 0) {
      this.#missing -= count;
      if (this.#missing === 0) this.#endChunk();
      return;
    }
    this.#filled += count;
    this.#find();
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const memory = this.memory();
      const count = Math.min(memory.length, bytes.length - at);
      memory.set(bytes.subarray(at, at + count), 0);
      this.filled(count);
      at += count;
    }
  }

  #find(): void {
    const frame = this.#frame;
    for (;;) {
      const skipped = Math.min(this.#padding, this.#filled - this.#read);
      this.#padding -= skipped;
      this.#read += skipped;
      const at = this.#read;
      const there = this.#filled - at;
      if (there < HEAD_BYTES) return;
      const length = u32At(this.#bytes, at);
      if (length > this.most) throw tooLong(length, this.most);
      setFrame(frame, this.#bytes, at, length);
      if (frame.kind === Kind.CHUNK) this.#isLarge = (frame.flags & FIN) === 0;
      if (frame.kind === Kind.CHUNK && (frame.flags & FIRST) === 0) {
        this.#beginChunk(length);
        if (this.#missing > 0) return;
      } else {
        if (there < sizeOf(length)) return;
        this.#read = at + sizeOf(length);
        this.#frames.frame(frame);
      }
    }
  }

  #beginChunk(length: number): void {
    const from = this.#read + HEAD_BYTES;
    const there = Math.min(length, this.#filled - from);
    this.#chunk = length;
    this.#missing = length - there;
    this.#target = this.#frames.place(this.#frame, length);
    this.#target?.set(this.#bytes.subarray(from, from + there), 0);
    this.#read = from + there;
    if (this.#missing === 0) this.#endChunk();
  }

  #endChunk(): void {
    this.#padding = -this.#chunk & 3;
    this.#target = undefined;
    this.#frames.placed(this.#frame, this.#chunk);
  }

  /** Moves the frame that has begun to where there is room for it, if there is not. */
  #makeRoom(): void {
    const begun = this.#filled - this.#read;
    const size = begun < HEAD_BYTES ? HEAD_BYTES : sizeOf(u32At(this.#bytes, this.#read));
    const room = this.#bytes.length - this.#filled;
    if (room >= Math.min(size - begun, LEAST_ROOM) && size <= this.#bytes.length - this.#read) return;
    const older = this.#bytes.subarray(this.#read, this.#filled);
    // Memory grows with what has come, not with the length that a head tells.
    this.#restart(Math.max(BLOCK_BYTES, Math.min(size, 2 * begun + BLOCK_BYTES)));
    this.#bytes.set(older, 0);
    this.#filled = begun;
  }

  /** Memory to receive into from its beginning on. What rows were adopted of stays as it is. */
  #restart(size: number): void {
    const length = size + (-size & 3);
    if (this.#block.byteLength === length) {
      if (this.#isAdopted) this.#bytes = this.#block.receive();
    } else {
      const older = this.#block;
      this.#block = new ReceivedBlock(length);
      this.#bytes = this.#block.receive();
      older.end();
    }
    this.#isAdopted = false;
    this.#read = 0;
    this.#filled = 0;
  }
}
