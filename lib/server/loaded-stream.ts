import { READ } from '../cache/trace/trace-batch.ts';
import type { Loaded, StateKey } from '../versions/engine/engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { FIN, Kind, ROWS_BYTES } from '../wire/protocol.ts';
import type { ServedStore } from './served-store.ts';
import { checkShared } from './shared-frame.ts';
import type { Stream } from './streams.ts';

/** The length of an absent value. */
const NONE = 0xffff_ffff;

/**
 * The states of several keys, in the order of the keys, in frames of about ROWS_BYTES: u32 the number of the first key, u32 n, then for each u64 tid,
 * u64 next, u32 length, the bytes.
 */
export class LoadedStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly #store: ServedStore;
  readonly #keys: readonly StateKey[];
  readonly #at: number;
  readonly #release: (() => void) | undefined;
  #next = 0;

  constructor(id: number, store: ServedStore, keys: readonly StateKey[], at: number) {
    this.id = id;
    this.credit = store.window;
    this.#store = store;
    this.#keys = keys;
    this.#at = at;
    this.#release = store.engine.tryHold(at);
  }

  write(out: FrameWriter): boolean {
    const first = this.#next;
    const { engine, trace } = this.#store;
    const states: Loaded[] = [];
    let size = 0;
    while (this.#next < this.#keys.length && size < ROWS_BYTES) {
      engine.load([this.#keys[this.#next++] as StateKey], this.#at, (state) => {
        states.push(state);
        trace?.record(READ, state.collection, state.key, state.bytes?.length ?? 0, state.tid);
        checkShared(state.bytes);
        size += 20 + (state.bytes?.length ?? 0);
      });
    }
    const isLast = this.#next === this.#keys.length;
    out.begin(Kind.MANY, isLast ? FIN : 0, this.id, 0);
    out.u32(first);
    out.u32(states.length);
    for (const { tid, next, bytes } of states) {
      out.u64(tid);
      out.u64(next ?? 0);
      out.u32(bytes?.length ?? NONE);
      if (bytes !== undefined) out.bytes(bytes, 0, bytes.length);
    }
    out.end();
    return isLast;
  }

  close(): void {
    this.#release?.();
  }
}
