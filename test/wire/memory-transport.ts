import { FrameReader } from '../../lib/wire/frame-reader.ts';
import type { Transport, TransportEvents } from '../../lib/wire/transport.ts';
import type { Random } from '../versions/random.ts';
import type { Received } from './raw-client.ts';

/** A transport without a socket: the test is the other side. */
export class MemoryTransport implements Transport {
  readonly peer = 'the test';
  queued = 0;
  isPaused = false;
  /** The frames that were sent, with their own bytes. */
  readonly frames: Received[] = [];
  isClosed = false;
  #events: TransportEvents | undefined;
  readonly #reader = new FrameReader(2 ** 31, ({ kind, flags, id, bytes, start, end }) => {
    this.frames.push({ kind, flags, id, payload: Buffer.from(bytes.subarray(start, end)) });
  });

  start(events: TransportEvents): void {
    this.#events = events;
  }

  send(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#reader.push(piece);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(): void {
    this.#close();
  }

  destroy(): void {
    this.#close();
  }

  /** What the other side sends, in pieces of random sizes; `into`: into memory that the receiver gives. */
  receive(bytes: Uint8Array, random: Random, into: boolean): void {
    const events = this.#events as TransportEvents;
    const small = bytes.length > 5000 ? 1000 : 1;
    const most = random.pick([small, small, 20 * small, bytes.length, bytes.length, bytes.length]);
    for (let at = 0; at < bytes.length && !this.isClosed; ) {
      const size = Math.min(bytes.length - at, 1 + random.below(most));
      const piece = bytes.subarray(at, at + size);
      if (into) {
        const memory = events.receiver.memory();
        const count = Math.min(size, memory.length);
        memory.set(piece.subarray(0, count));
        events.receiver.filled(count);
        at += count;
      } else {
        // The receiver may use the memory of a piece only during the call.
        const copy = Uint8Array.from(piece);
        events.receiver.push(copy);
        copy.fill(255);
        at += size;
      }
    }
  }

  #close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    queueMicrotask(() => this.#events?.closed(undefined));
  }
}
