import { OwnMap } from '../base/own-map.ts';
import { appendBare, bareArray } from '../base/primordials.ts';
import type { Connection } from '../wire/connection.ts';
import { writeError } from '../wire/error-message.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { FIN, Kind } from '../wire/protocol.ts';

/** An answer in several frames. */
export interface Stream {
  readonly id: number;
  /** How many more bytes the client takes. */
  credit: number;
  /** Whether it has nothing to write now. */
  readonly isIdle: boolean;
  /** Whether it holds no memory. While the client takes no more of it, others have its turn: the client may want those first. */
  readonly isLight?: true;
  /** Whether it goes on until the client cancels it. */
  readonly isEndless?: true;
  /** Writes the next frame. Returns whether it was the last one. What it throws ends the stream, and goes to the client. */
  write(out: FrameWriter): boolean;
  /** Gives back what the stream holds. */
  close(): void;
}

/** Above this, what is queued must be sent first: a small answer waits behind it. */
const MOST_QUEUED = 256 * 1024;
/** How much is written in one turn of the event loop. */
const MOST_A_TURN = 2 ** 20;

/** The streams of a connection, one frame of each in turn, as far as the client and the system take them. */
export class Streams {
  readonly #connection: Connection;
  readonly #streams = new OwnMap<number, Stream>();
  /** How many are written at once; the others wait for their turn. */
  readonly #most: number;
  /** How many end by themselves. */
  #finite = 0;
  readonly #ended: () => void;
  #isScheduled = false;

  /** `most`: how many are written at once, endless ones apart. `ended`: called when an answer has been written whole, or was cancelled. */
  constructor(connection: Connection, most: number, ended: () => void) {
    this.#connection = connection;
    this.#most = most;
    this.#ended = ended;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Whether an answer is not written whole that will be. */
  get isBusy(): boolean {
    return this.#finite > 0;
  }

  /** Whether another one must wait for its turn. */
  get isFull(): boolean {
    return this.#finite >= this.#most;
  }

  /** How many go on until the client cancels them. */
  get endless(): number {
    return this.#streams.size - this.#finite;
  }

  has(id: number): boolean {
    return this.#streams.has(id);
  }

  add(stream: Stream): void {
    this.#streams.set(stream.id, stream);
    if (stream.isEndless !== true) this.#finite++;
    this.pump();
  }

  /** The client takes more bytes of a stream. One that has ended meanwhile is no fault. */
  credit(id: number, bytes: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.credit += bytes;
    this.pump();
  }

  cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#remove(stream);
  }

  closeAll(): void {
    this.#streams.forEach((stream) => {
      stream.close();
    });
    this.#streams.clear();
    this.#finite = 0;
  }

  /** Writes as much as there is room for. To be called again when the connection has drained. */
  pump(): void {
    const { out } = this.#connection;
    let written = 0;
    for (let isReady = true; isReady; ) {
      isReady = false;
      const active = this.#active();
      for (let i = 0; i < active.length; i++) {
        const stream = active[i] as Stream;
        if (stream.credit <= 0 || stream.isIdle) continue;
        if (this.#connection.queued > MOST_QUEUED) return;
        if (written > MOST_A_TURN) {
          this.#nextTurn();
          return;
        }
        const before = out.pending;
        this.#step(stream, out);
        const count = out.pending - before;
        stream.credit -= count;
        written += count;
        this.#connection.flush();
        isReady = true;
      }
    }
  }

  /** Those whose turn it is: the oldest ones, and all endless ones. Not those of which the client takes no more, if they cost nothing. */
  #active(): Stream[] {
    const active = bareArray<Stream>();
    let finite = 0;
    this.#streams.forEach((stream) => {
      if (stream.isLight === true && stream.credit <= 0) return;
      if (stream.isEndless === true || finite++ < this.#most) appendBare(active, stream);
    });
    return active;
  }

  #step(stream: Stream, out: FrameWriter): void {
    try {
      if (!stream.write(out)) return;
    } catch (error) {
      out.begin(Kind.ERROR, FIN, stream.id, 0);
      writeError(out, error);
      out.end();
    }
    this.#remove(stream);
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream.id);
    if (stream.isEndless !== true) this.#finite--;
    stream.close();
    this.#ended();
  }

  /** Others come first. */
  #nextTurn(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#connection.isClosed) this.pump();
    });
  }
}
