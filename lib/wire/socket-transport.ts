import type { Socket } from 'node:net';
import { notThenable } from '../base/primordials.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** What a socket that was made with `receiveInto` receives with. */
export interface SocketReading {
  events: TransportEvents | undefined;
  /** What came before there were `events`. */
  readonly early: Uint8Array[];
}

const FIRST_BYTES = 4096;

/**
 * The option `onread` of a socket: the system writes into memory that the receiver gives, so that nothing is copied. Node asks for the first
 * memory before there is a receiver: what is read into that goes to `push`.
 */
export function receiveInto(reading: SocketReading): {
  buffer: () => Uint8Array;
  callback: (count: number, bytes: Uint8Array) => boolean;
} {
  let first: Uint8Array | undefined;
  return {
    buffer: () => {
      if (reading.events !== undefined) return reading.events.receiver.memory();
      first = new Uint8Array(FIRST_BYTES);
      return first;
    },
    callback: (count, bytes) => {
      const receiver = reading.events?.receiver;
      if (receiver === undefined) reading.early.push(bytes.slice(0, count));
      else if (bytes === first) receiver.push(bytes.subarray(0, count));
      else receiver.filled(count);
      first = undefined;
      return true;
    },
  };
}

/** A socket of Node: TCP, a Unix socket, or TLS. */
export class SocketTransport implements Transport {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #reading: SocketReading | undefined;
  #error: Error | undefined;

  /** `reading`: of a socket that was made with `receiveInto`. */
  constructor(socket: Socket, peer: string, reading?: SocketReading) {
    this.#socket = socket;
    this.#reading = reading;
    this.peer = peer;
    socket.setNoDelay(true);
  }

  get queued(): number {
    return this.#socket.writableLength;
  }

  start(events: TransportEvents): void {
    const socket = this.#socket;
    const reading = this.#reading;
    if (reading !== undefined) {
      reading.events = events;
      for (const bytes of reading.early.splice(0)) events.receiver.push(bytes);
    } else socket.on('data', (bytes: Buffer) => events.receiver.push(bytes));
    socket.on('drain', () => events.drained());
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => events.closed(this.#error));
  }

  send(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (pieces.length === 1) {
      socket.write(pieces[0] as Uint8Array);
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

notThenable(SocketTransport);
