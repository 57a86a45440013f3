/** Gets what a transport receives. */
export interface Receiver {
  /**
   * Memory to receive into: its beginning is filled, then `filled` is called. Only transports that can receive into given memory ask for it; others call
   * `push`.
   */
  memory(): Uint8Array;
  filled(count: number): void;
  /** Bytes that change once this call has returned. */
  push(bytes: Uint8Array): void;
}

/** What a connection calls when its transport tells something. */
export interface TransportEvents {
  readonly receiver: Receiver;
  /** All that was queued has been sent. */
  drained(): void;
  /** Called once, at last. `error`: why, if it was not closed on purpose. */
  closed(error: Error | undefined): void;
}

/** Carries bytes in order: a socket, a TLS socket, a WebSocket. */
export interface Transport {
  /** How many bytes were given to `send` and not to the system yet. Once it is 0, the memory of all that was given is written again. */
  readonly queued: number;
  /** Who is at the other end, for messages. */
  readonly peer: string;
  /** To be called once, before anything else. */
  start(events: TransportEvents): void;
  send(pieces: readonly Uint8Array[]): void;
  /** Receives no more until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, and closes. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}
