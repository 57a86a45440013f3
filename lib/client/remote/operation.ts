import type { LeaseholdError } from '../../base/errors.ts';
import type { Change } from '../../versions/engine/engine.ts';
import type { BlockReader } from '../../wire/block-reader.ts';
import type { Frame } from '../../wire/frame-reader.ts';
import type { FrameWriter } from '../../wire/frame-writer.ts';
import type { WireLimits } from '../../wire/protocol.ts';

/** What an operation does with the connection on which it is asked. */
export interface AskedSession {
  readonly isOpen: boolean;
  readonly out: FrameWriter;
  /** Those of the server. */
  readonly limits: WireLimits;
  /** Takes more bytes of an answer in several frames. */
  credit(id: number, bytes: number): void;
  /** Tells the server that nobody waits for an answer any more. */
  cancel(operation: Operation): void;
  /** Sends what was written at the end of the turn. */
  schedule(): void;
  /** Whether the server was told the number of a collection. */
  isOpened(number: number): boolean;
  /** It is told it now. */
  opened(number: number): void;
}

/** Something that was asked of the server, and not answered yet. It is asked again after a reconnection. */
export interface Operation {
  /** Whether it stays until somebody ends it, and so does not count to the requests that wait for an answer. */
  readonly stays?: true;
  /** Whether it waits for a connection however long that takes: nobody waits for it. */
  readonly isPatient?: true;
  /** How many connections have ended in a row before anything of its answer came. */
  losses?: number;
  /** Asks, under an id of the session. What it throws fails the operation: then it must have written nothing. */
  send(session: AskedSession, id: number): void;
  /** Takes a frame of the answer, not an error. Returns whether it was the last one. */
  frame(frame: Frame, reader: BlockReader, session: AskedSession): boolean;
  /** Where the next bytes of a large value belong; undefined if nobody wants them. */
  place?(length: number): Uint8Array | undefined;
  /** They have come. Returns whether they were the last ones. */
  placed?(frame: Frame, length: number, session: AskedSession): boolean;
  /** A commit was told while the answer is coming. */
  changed?(change: Change): void;
  /** The server has answered with an error, or the request was not sent. */
  fail(error: Error): void;
  /** There will be no answer. Without this, the same as `fail`. */
  lost?(error: LeaseholdError): void;
}

/** Tells an operation that there will be no answer. */
export function lose(operation: Operation, error: LeaseholdError): void {
  if (operation.lost === undefined) operation.fail(error);
  else operation.lost(error);
}
