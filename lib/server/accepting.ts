import type { Socket } from 'node:net';
import type { LeaseholdError } from '../base/errors.ts';
import type { Transport } from '../wire/transport.ts';

/** What a listener calls. */
export interface Accepting {
  accept(transport: Transport): void;
  /** `transport` is to be told that it is refused, and why; undefined if it has gone already. */
  refuse(error: LeaseholdError, transport: Transport | undefined): void;
  /** A connection could not be taken. */
  readonly failed: (error: Error) => void;
  /** Whether pages of an origin (`https://shop.example`) may connect, which browsers tell. */
  takesPagesOf(origin: string): boolean;
}

/** Who is at the other end, for messages. */
export function peerOf(socket: Socket): string {
  return socket.remoteAddress === undefined ? 'a client' : `the client ${socket.remoteAddress}:${socket.remotePort}`;
}
