import { utf8Bytes } from '../base/platform.ts';
import { typedArrayLength } from '../base/primordials.ts';
import { HEAD_BYTES } from './protocol.ts';

const BLOCK_BYTES = 64 * 1024;

/** Memory of which the bytes from `at` on were not written yet. */
interface Block {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly at: number;
}

const NO_BLOCK: Block = blockOf(0);

/** What writers have left: a connection that sends nothing has no memory of its own. */
const spares: Block[] = [];
/** As many as connections write in one turn, as a rule: each has a block until its bytes are sent at the end of the turn. */
const MOST_SPARES = 64;
/** Up to so many bytes, a frame that is made already is copied. */
const SMALL_BYTES = 4096;
/** So many blocks of one connection wait until they were sent. If there are more, others take their place. */
const MOST_UNSENT = 8;

/**
 * Writes frames into memory, one behind the other, until `take` hands them to a socket. Memory that was taken is written again only when `release` or `sent`
 * says that the socket has it no more. A frame begins with `begin` and ends with `end`; both of them and all that stands between must be called
 * without anything that throws. Where the stack overflows all the same, `isWhole` is false from then on.
 */
export class FrameWriter {
  #bytes: Uint8Array = NO_BLOCK.bytes;
  /** The same memory: frames begin at multiples of 4. */
  #words: Uint32Array = NO_BLOCK.words;
  #at = 0;
  /** From where on the memory is this writer's. */
  #start = 0;
  /** Where those begin that were not taken yet. */
  #from = 0;
  #frame = 0;
  /** How many frames were begun and not ended. */
  #begun = 0;
  /** Pieces that stand before what is in the memory. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** Memory that has no room for more since the last `release`. */
  #left: Block[] = [];
  /** Memory that was released, and waits until it was sent. */
  #unsent: Block[] = [];

  /** How many bytes wait to be taken. */
  get pending(): number {
    return this.#pieceBytes + this.#at - this.#from;
  }

  /** Whether all frames that were begun have ended. If not, nothing that was written may be sent: the other side would take one frame for a part of another. */
  get isWhole(): boolean {
    return this.#begun === 0;
  }

  begin(kind: number, flags: number, id: number, collection: number): void {
    this.#begun++;
    this.#room(HEAD_BYTES);
    const word = this.#at >> 2;
    this.#frame = this.#at;
    this.#words[word + 1] = id;
    this.#words[word + 2] = kind | (flags << 8) | (collection << 16);
    this.#at += HEAD_BYTES;
  }

  end(): void {
    this.#finish(this.#at - this.#frame - HEAD_BYTES);
    this.#pad();
    this.#begun--;
  }

  /** Ends the frame with bytes that are not copied: they must not change until they were sent. */
  endWith(bytes: Uint8Array): void {
    const length = typedArrayLength(bytes);
    const payload = this.#at - this.#frame - HEAD_BYTES + length;
    this.#finish(payload);
    this.#takePiece();
    this.#pieces.push(bytes);
    this.#pieceBytes += length;
    const missing = -payload & 3;
    this.#room(4 + missing);
    // What is written next begins at a multiple of 4 in the memory, too.
    this.#from = this.#at = this.#at + (-(this.#at + missing) & 3);
    for (let i = 0; i < missing; i++) this.u8(0);
    this.#frame = this.#at;
    this.#begun--;
  }

  /**
   * Appends a frame that is made already, and must not change until it was sent. A small one is copied if there is memory for it: one piece is sent faster than two. Any other is
   * sent from where it is, so that a thousand connections that are told the same need no memory for it.
   */
  whole(frame: Uint8Array): void {
    const length = typedArrayLength(frame);
    if (length <= SMALL_BYTES && (spares.length > 0 || this.#at + length + 4 <= this.#bytes.length)) {
      this.#frame = this.#at;
      this.bytes(frame, 0, length);
      return;
    }
    this.#takePiece();
    this.#frame = this.#at;
    this.#pieces.push(frame);
    this.#pieceBytes += length;
  }

  /**
   * Makes room for `size` bytes behind the last frame: native code writes to `memory` there, from `position` on, whole frames or what a frame has behind its
   * head. Then `skipTo` says where that ends.
   */
  reserve(size: number): void {
    this.#frame = this.#at;
    this.#room(size);
  }

  get memory(): Uint8Array {
    return this.#bytes;
  }

  get position(): number {
    return this.#at;
  }

  /** What native code has written ends at `position`. */
  skipTo(position: number): void {
    this.#at = position;
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    this.u8(value & 255);
    this.u8(value >> 8);
  }

  u32(value: number): void {
    this.#room(4);
    const bytes = this.#bytes;
    const at = this.#at;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.#at = at + 4;
  }

  /** A safe integer that is not negative. */
  u64(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.u32(value - high * 2 ** 32);
    this.u32(high);
  }

  /** `length` bytes of `bytes`, from `start` on. */
  bytes(bytes: Uint8Array, start: number, length: number): void {
    this.#room(length);
    const at = this.#at;
    if (length < 32) for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[start + i] as number;
    else if (length === typedArrayLength(bytes)) this.#bytes.set(bytes, at);
    else this.#bytes.set(bytes.subarray(start, start + length), at);
    this.#at = at + length;
  }

  /** Bytes behind their length. */
  sized(bytes: Uint8Array): void {
    const length = typedArrayLength(bytes);
    this.u32(length);
    this.bytes(bytes, 0, length);
  }

  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  text(text: string): void {
    const bytes = utf8Bytes(text);
    this.bytes(bytes, 0, bytes.length);
  }

  /** What was written since the last call, in order. */
  take(): readonly Uint8Array[] {
    this.#takePiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces;
  }

  /** Gives the memory back. To be called when all was taken. `isSent`: nobody has the bytes any more. */
  release(isSent: boolean): void {
    const isRoomy = this.#bytes.length - this.#at >= BLOCK_BYTES / 2;
    if (isSent || !isRoomy) this.#leave();
    else keep({ bytes: this.#bytes, words: this.#words, at: this.#at });
    this.#use(NO_BLOCK);
    if (this.#left.length > 0) {
      this.#unsent.push(...this.#left);
      this.#left = [];
    }
    if (isSent) this.sent();
    // Whose queue is never empty gets other memory.
    else if (this.#unsent.length > MOST_UNSENT) this.#unsent = [];
  }

  /** Nobody has the bytes any more that were taken before memory was last released. */
  sent(): void {
    if (this.#unsent.length === 0) return;
    for (const block of this.#unsent) keep(block);
    this.#unsent = [];
  }

  #takePiece(): void {
    if (this.#at === this.#from) return;
    this.#pieces.push(this.#bytes.subarray(this.#from, this.#at));
    this.#pieceBytes += this.#at - this.#from;
    this.#from = this.#at;
  }

  #finish(length: number): void {
    this.#words[this.#frame >> 2] = length;
  }

  #pad(): void {
    while ((this.#at & 3) !== 0) this.u8(0);
  }

  /** Makes room for `length` bytes: what there is of the present frame moves to other memory, the frames before it become a piece. */
  #room(length: number): void {
    // Room to fill the frame up to a multiple of 4.
    if (this.#at + length + 4 <= this.#bytes.length) return;
    const begun = this.#frame > this.#from ? this.#frame : this.#from;
    const older = this.#bytes;
    const used = this.#at - begun;
    this.#at = begun;
    this.#takePiece();
    const needed = used + length + 4;
    this.#leave();
    this.#use(spareOf(needed) ?? blockOf(needed <= BLOCK_BYTES ? BLOCK_BYTES : 2 * needed));
    this.#bytes.set(older.subarray(begun, begun + used), this.#at);
    this.#at += used;
  }

  #leave(): void {
    if (this.#bytes.length === BLOCK_BYTES)
      this.#left.push({ bytes: this.#bytes, words: this.#words, at: this.#start });
  }

  #use({ bytes, words, at }: Block): void {
    this.#bytes = bytes;
    this.#words = words;
    this.#at = at;
    this.#start = at;
    this.#from = at;
    this.#frame = at;
  }
}

/** Larger memory is not kept. */
function keep(block: Block): void {
  if (block.bytes.length === BLOCK_BYTES && spares.length < MOST_SPARES) spares.push(block);
}

function spareOf(needed: number): Block | undefined {
  for (let i = spares.length - 1; i >= 0; i--) {
    const spare = spares[i] as Block;
    if (spare.at + needed > BLOCK_BYTES) continue;
    const last = spares.pop() as Block;
    if (i < spares.length) spares[i] = last;
    return spare;
  }
  return undefined;
}

function blockOf(size: number): Block {
  const words = new Uint32Array((size + 3) >> 2);
  return { bytes: new Uint8Array(words.buffer), words, at: 0 };
}
