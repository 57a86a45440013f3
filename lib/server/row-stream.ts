import { copyBytes } from '../lease/bytes.ts';
import { CONTROL_BYTES, CONTROL_DONE, CONTROL_OFFSET, CONTROL_VALUE_LENGTH } from '../native/constants.ts';
import { control } from '../native/native.ts';
import type { EngineBounds } from '../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../versions/engine/environment-engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { u32At } from '../wire/payload.ts';
import {
  FIN,
  FIRST,
  HEAD_BYTES,
  KEYS_ONLY,
  Kind,
  REVERSE,
  ROW_BYTES,
  ROWS_BYTES,
  ROWS_HEAD,
} from '../wire/protocol.ts';
import type { ScanRequest } from '../wire/range-message.ts';
import type { Stream } from './streams.ts';

const NO_LIMIT = 2 ** 53;

/** The rows of a range, in frames of about ROWS_BYTES, which native code packs. */
export class RowStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly isLight = true;
  readonly #engine: EnvironmentEngine;
  readonly #collection: string;
  readonly #bounds: EngineBounds;
  readonly #at: number;
  readonly #keysOnly: boolean;
  /** About how many bytes a frame has. */
  readonly #size: number;
  #left: number;
  #after: Uint8Array | undefined;
  #flags = FIRST;
  #release: (() => void) | undefined;

  constructor(id: number, engine: EnvironmentEngine, collection: string, request: ScanRequest) {
    const { at, range, flags, limit, credit } = request;
    this.id = id;
    this.credit = credit;
    this.#size = Math.max(1, Math.min(ROWS_BYTES, credit));
    this.#engine = engine;
    this.#collection = collection;
    this.#bounds = { ...range, reverse: (flags & REVERSE) !== 0 };
    this.#keysOnly = (flags & KEYS_ONLY) !== 0;
    this.#at = at;
    this.#left = limit === 0 ? NO_LIMIT : limit;
    this.#release = engine.tryHold(at);
  }

  write(out: FrameWriter): boolean {
    const { count, table, end, isDone } = this.#pack(out, this.#size);
    this.#left -= count;
    const isLast = isDone || this.#left === 0;
    const begin = out.position + HEAD_BYTES + ROWS_HEAD;
    if (!isLast) this.#after = lastKey(out.memory, begin, table + (count - 1) * ROW_BYTES);
    out.begin(Kind.ROWS, this.#flags | (isLast ? FIN : 0), this.id, 0);
    this.#flags = 0;
    out.u64(this.#at);
    out.u32(count);
    out.u32(table);
    out.skipTo(end);
    out.end();
    return isLast;
  }

  close(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** Writes rows to where they will stand in the next frame. If there is no room for the first one, makes more. */
  #pack(out: FrameWriter, size: number): { count: number; table: number; end: number; isDone: boolean } {
    const snapshot = this.#engine.snapshotOfRange(this.#collection, this.#bounds, this.#at);
    out.reserve(HEAD_BYTES + ROWS_HEAD + size);
    const begin = out.position + HEAD_BYTES + ROWS_HEAD;
    const room = out.memory.subarray(0, begin + size);
    const rows = { limit: this.#left, keysOnly: this.#keysOnly };
    const count = snapshot.packRows(this.#collection, this.#bounds, this.#after, rows, room, begin);
    if (count === undefined) return { count: 0, table: 0, end: begin, isDone: true };
    const isDone = control[CONTROL_DONE] === 1;
    if (count === 0 && !isDone) return this.#pack(out, control[CONTROL_VALUE_LENGTH] as number);
    return { count, table: control[CONTROL_OFFSET] as number, end: control[CONTROL_BYTES] as number, isDone };
  }
}

/** The key of the row that the table has at byte `row` behind `begin`. */
function lastKey(bytes: Uint8Array, begin: number, row: number): Uint8Array {
  return copyBytes(bytes, begin + u32At(bytes, begin + row), u32At(bytes, begin + row + 4));
}
