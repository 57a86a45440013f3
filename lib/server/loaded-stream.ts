import { READ } from '../cache/trace/trace-batch.ts';
import { copyBytes } from '../lease/bytes.ts';
import { CONTROL_BYTES, CONTROL_ROWS, FRAME_LARGE_BYTES, VALUE_LARGE, VALUE_NONE } from '../native/constants.ts';
import { answered, control, native } from '../native/native.ts';
import type { Loaded } from '../versions/engine/engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { u32At } from '../wire/payload.ts';
import { FIN, HEAD_BYTES, Kind, ROWS_BYTES } from '../wire/protocol.ts';
import type { Prefetch } from './follow/prefetch.ts';
import type { ServedStore } from './served-store.ts';
import type { Stream } from './streams.ts';

/** What GET_MANY asks for: `count` keys, each behind its length. */
export interface AskedKeys {
  readonly collection: string;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly at: number;
}

/** What stands in MANY before the states. */
const MANY_HEAD = 8;

/**
 * The states of several keys, in the order of the keys, in frames of about ROWS_BYTES: u32 the number of the first key, u32 n, then for each u64 tid,
 * u64 next, u32 length, the bytes. VALUE_NONE as the length: the key is absent. VALUE_LARGE: the client must ask for it alone.
 */
export class LoadedStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly #store: ServedStore;
  readonly #keys: AskedKeys;
  readonly #prefetch: Prefetch | undefined;
  #release: (() => void) | undefined;
  /** The next key: its number, and where it stands. */
  #next = 0;
  #place = 0;

  constructor(id: number, store: ServedStore, keys: AskedKeys, prefetch: Prefetch | undefined) {
    this.id = id;
    this.credit = store.window;
    this.#store = store;
    this.#keys = keys;
    this.#prefetch = prefetch;
  }

  write(out: FrameWriter): boolean {
    const { at, count } = this.#keys;
    const first = this.#next;
    const end = this.#writeNative(out) ?? this.#writeStates(out);
    const isLast = this.#next === count;
    // The other keys are read as of the same commit.
    if (!isLast) this.#release ??= this.#store.engine.tryHold(at);
    out.begin(Kind.MANY, isLast ? FIN : 0, this.id, 0);
    out.u32(first);
    out.u32(this.#next - first);
    out.skipTo(end);
    out.end();
    return isLast;
  }

  close(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Writes states to where they will stand in the next frame, and returns where they end. Undefined if native code cannot answer the next key. */
  #writeNative(out: FrameWriter): number | undefined {
    const { at, bytes, collection, count } = this.#keys;
    const { engine, trace } = this.#store;
    // A trace has each key, and what is sent ahead depends on each.
    const snapshot = trace === undefined && this.#prefetch === undefined ? engine.snapshotOf(at) : undefined;
    const id = snapshot?.idOf(collection) ?? -1;
    if (snapshot === undefined || id < 0) return undefined;
    out.reserve(HEAD_BYTES + MANY_HEAD + ROWS_BYTES);
    const { memory, position } = out;
    const begin = position + HEAD_BYTES + MANY_HEAD;
    const room = memory.subarray(0, begin + ROWS_BYTES);
    const left = count - this.#next;
    const { handle } = snapshot;
    const absent = engine.absentSince;
    const from = this.#place;
    const length = bytes.length - from;
    const taken = answered(native.answerMany(handle, id, at, absent, bytes, from, length, left, room, begin));
    const states = control[CONTROL_ROWS] as number;
    if (states === 0 && left > 0) return undefined;
    this.#place += taken;
    this.#next += states;
    return control[CONTROL_BYTES] as number;
  }

  /** The same in JavaScript. */
  #writeStates(out: FrameWriter): number {
    const { at, bytes, collection, count } = this.#keys;
    const { engine, trace } = this.#store;
    const states: Loaded[] = [];
    let size = 0;
    while (this.#next < count && size < ROWS_BYTES) {
      const length = u32At(bytes, this.#place);
      const key = copyBytes(bytes, this.#place + 4, length);
      this.#place += 4 + length;
      this.#next++;
      engine.load([{ collection, key }], at, (state) => {
        states.push(state);
        trace?.record(READ, collection, key, state.bytes?.length ?? 0, state.tid);
        size += 20 + sizeIn(state);
      });
    }
    out.reserve(HEAD_BYTES + MANY_HEAD + size);
    const begin = out.position;
    out.skipTo(begin + HEAD_BYTES + MANY_HEAD);
    for (const state of states) {
      const { tid, next, bytes: value } = state;
      const isWhole = value !== undefined && value.length <= FRAME_LARGE_BYTES;
      out.u64(tid);
      out.u64(next ?? 0);
      out.u32(value === undefined ? VALUE_NONE : isWhole ? value.length : VALUE_LARGE);
      if (isWhole) out.bytes(value, 0, value.length);
    }
    const end = out.position;
    out.skipTo(begin);
    this.#prefetch?.askedMany(states);
    return end;
  }
}

/** How many bytes of the value come in MANY. */
function sizeIn({ bytes }: Loaded): number {
  return bytes === undefined || bytes.length > FRAME_LARGE_BYTES ? 0 : bytes.length;
}
