import { clearTimeout, setTimeout } from '../base/clock.ts';
import type { Loaded, StateKey } from '../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../versions/engine/environment-engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { ABSENT, CHUNK_BYTES, FIN, FIRST, Kind, SMALL_VALUE } from '../wire/protocol.ts';
import type { Stream } from './streams.ts';

/**
 * The first frame of the answer to GET. Returns whether it is the last one too. It must be written in the same step in which the state was loaded:
 * the client ends the state when it is told later that the key has changed.
 */
export function writeState(out: FrameWriter, id: number, { tid, next, bytes }: Loaded): boolean {
  const isLarge = bytes !== undefined && bytes.length > SMALL_VALUE;
  out.begin(isLarge ? Kind.CHUNK : Kind.VALUE, isLarge ? FIRST : bytes === undefined ? FIN | ABSENT : FIN, id, 0);
  out.u64(tid);
  out.u64(next ?? 0);
  if (isLarge) out.u64(bytes.length);
  else if (bytes !== undefined) out.bytes(bytes, 0, bytes.length);
  out.end();
  return !isLarge;
}

/** How many ms a large value is sent from the map, so that its pages cannot be used again. Then it moves to the heap. */
const LONGEST_HOLD = 10_000;

/** The value of a key, from a byte on. */
export interface AskedValue extends StateKey {
  readonly from: number;
}

/**
 * A large value, in chunks, which go to the socket from the memory map: nothing is copied. It is loaded when its turn comes: those that wait have no
 * memory.
 */
export class ValueStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly #engine: EnvironmentEngine;
  readonly #key: AskedValue;
  readonly #at: number;
  readonly #release: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #bytes: Uint8Array | undefined;
  /** How many of its bytes the client has, or will get. */
  #sent: number;

  /** `bytes`: the value, if it was loaded and its first frame was written. */
  constructor(
    id: number,
    engine: EnvironmentEngine,
    key: AskedValue,
    at: number,
    credit: number,
    bytes: Uint8Array | undefined,
  ) {
    this.id = id;
    this.credit = credit;
    this.#engine = engine;
    this.#key = key;
    this.#at = at;
    this.#bytes = bytes;
    this.#sent = key.from;
    this.#release = engine.tryHold(at);
    this.#timer = setTimeout(() => this.#release?.(), LONGEST_HOLD);
    this.#timer.unref();
  }

  write(out: FrameWriter): boolean {
    const bytes = this.#bytes;
    if (bytes === undefined) return this.#writeFirst(out);
    const from = Math.min(this.#sent, bytes.length);
    const next = Math.min(from + CHUNK_BYTES, bytes.length);
    const isLast = next === bytes.length;
    out.begin(Kind.CHUNK, isLast ? FIN : 0, this.id, 0);
    out.endWith(bytes.subarray(from, next));
    this.#sent = next;
    return isLast;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#release?.();
    this.#bytes = undefined;
  }

  #writeFirst(out: FrameWriter): boolean {
    const state = this.#engine.lend(this.#key, this.#at);
    this.#bytes = state.bytes;
    return writeState(out, this.id, state);
  }
}
