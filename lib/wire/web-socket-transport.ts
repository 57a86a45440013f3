import { LeaseholdError } from '../base/errors.ts';
import { notThenable } from '../base/primordials.ts';
import { protocolError } from './payload.ts';
import { MOST_MESSAGE_BYTES } from './protocol.ts';
import type { Transport, TransportEvents } from './transport.ts';

/** Browsers tell nothing of an error. */
export interface WebSocketError {
  readonly error?: unknown;
  readonly message?: unknown;
}

/** What a WebSocket has: the one of browsers and of Node 22, and that of the package ws, which has the optional ones too. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: Uint8Array, sent?: (error?: Error) => void): void;
  close(): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'open' | 'close', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: WebSocketError) => void): void;
  pause?(): void;
  resume?(): void;
  terminate?(): void;
}

const OPEN = 1;

/** Frames as binary messages. A message has several frames, one, or a part of one: what counts is the order of the bytes. */
export class WebSocketTransport implements Transport {
  readonly peer: string;
  readonly #socket: WebSocketLike;
  /** What came before `start`. */
  #early: Uint8Array[] | undefined = [];
  #events: TransportEvents | undefined;
  #error: Error | undefined;
  #isClosed = false;

  /** To be called at once when the socket is open: no message may be missed. */
  constructor(socket: WebSocketLike, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    // The package ws would copy a message into an ArrayBuffer.
    socket.binaryType = socket.terminate === undefined ? 'arraybuffer' : 'nodebuffer';
    socket.addEventListener('message', ({ data }) => this.#message(data));
    socket.addEventListener('error', ({ error }) => {
      this.#error ??= error instanceof Error ? error : new Error('the WebSocket has failed');
    });
    socket.addEventListener('close', () => this.#close());
  }

  get queued(): number {
    return this.#socket.bufferedAmount;
  }

  start(events: TransportEvents): void {
    this.#events = events;
    const early = this.#early as Uint8Array[];
    this.#early = undefined;
    for (const bytes of early) events.receiver.push(bytes);
    if (this.#isClosed) events.closed(this.#error);
  }

  send(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += MOST_MESSAGE_BYTES) {
        if (this.#socket.readyState !== OPEN) return;
        const isWhole = piece.length <= MOST_MESSAGE_BYTES;
        this.#socket.send(isWhole ? piece : piece.subarray(at, at + MOST_MESSAGE_BYTES), this.#sent);
      }
    }
  }

  pause(): void {
    this.#socket.pause?.();
  }

  resume(): void {
    this.#socket.resume?.();
  }

  close(): void {
    this.#socket.close();
  }

  destroy(): void {
    if (this.#socket.terminate !== undefined) this.#socket.terminate();
    else this.#socket.close();
  }

  readonly #sent = (): void => {
    if (!this.#isClosed && this.#socket.bufferedAmount === 0) this.#events?.drained();
  };

  #message(data: unknown): void {
    if (this.#isClosed) return;
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
    if (!(bytes instanceof Uint8Array)) {
      this.#error ??= protocolError('a message of a WebSocket is no binary one');
      this.destroy();
      return;
    }
    if (this.#early !== undefined) this.#early.push(bytes);
    else this.#events?.receiver.push(bytes);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events?.closed(this.#error);
  }
}

notThenable(WebSocketTransport);

/** `ERR_NOT_INSTALLED` */
export function webSocketsMissing(cause: unknown): LeaseholdError {
  return new LeaseholdError('ERR_NOT_INSTALLED', 'addresses with ws: and wss: need the package ws: npm install ws', {
    cause,
  });
}
