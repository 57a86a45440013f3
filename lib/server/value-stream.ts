import type { FrameWriter } from '../wire/frame-writer.ts';
import { CHUNK_BYTES, FIN, Kind } from '../wire/protocol.ts';
import type { Stream } from './streams.ts';

/** A large value, in chunks. */
export class ValueStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  #bytes: Uint8Array;
  #sent = 0;

  constructor(id: number, bytes: Uint8Array, credit: number) {
    this.id = id;
    this.credit = credit;
    this.#bytes = bytes;
  }

  write(out: FrameWriter): boolean {
    const next = Math.min(this.#sent + CHUNK_BYTES, this.#bytes.length);
    const isLast = next === this.#bytes.length;
    out.begin(Kind.CHUNK, isLast ? FIN : 0, this.id, 0);
    out.endWith(this.#bytes.subarray(this.#sent, next));
    this.#sent = next;
    return isLast;
  }

  close(): void {
    this.#bytes = new Uint8Array(0);
  }
}
