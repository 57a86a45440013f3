import type { Change } from '../versions/engine/engine.ts';
import type { BlockReader } from '../wire/block-reader.ts';
import type { Frame } from '../wire/frame-reader.ts';
import type { ClientSession } from './client-session.ts';

/** Something that was asked of the server, and not answered yet. It is asked again after a reconnection. */
export interface Operation {
  /** Asks, under an id of the session. */
  send(session: ClientSession, id: number): void;
  /** Takes a frame of the answer, not an error. Returns whether it was the last one. */
  frame(frame: Frame, reader: BlockReader, session: ClientSession): boolean;
  /** Where the next bytes of a large value belong; undefined if nobody wants them. */
  place?(length: number): Uint8Array | undefined;
  /** They have come. Returns whether they were the last ones. */
  placed?(frame: Frame, length: number, session: ClientSession): boolean;
  /** A commit was told while the answer is coming. */
  changed?(change: Change): void;
  fail(error: Error): void;
}
