import type { EngineBounds } from '../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../versions/engine/environment-engine.ts';
import type { FrameWriter } from '../wire/frame-writer.ts';
import { FIN, FIRST, KEYS_ONLY, Kind, REVERSE, ROW_VERSION_BYTES, ROWS_BYTES } from '../wire/protocol.ts';
import type { ScanRequest } from '../wire/range-message.ts';
import { checkShared } from './shared-frame.ts';
import type { Stream } from './streams.ts';

/** The rows of a range, in frames of about ROWS_BYTES. */
export class RowStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly #engine: EnvironmentEngine;
  readonly #collection: string;
  readonly #bounds: EngineBounds;
  readonly #at: number;
  readonly #keysOnly: boolean;
  /** How many bytes the client wants at a time. */
  readonly #credit: number;
  #left: number;
  #after: Uint8Array | undefined;
  #flags = FIRST;
  #release: (() => void) | undefined;

  constructor(id: number, engine: EnvironmentEngine, collection: string, request: ScanRequest) {
    const { at, range, flags, limit, credit } = request;
    this.id = id;
    this.credit = credit;
    this.#credit = credit;
    this.#engine = engine;
    this.#collection = collection;
    this.#bounds = { ...range, reverse: (flags & REVERSE) !== 0 };
    this.#keysOnly = (flags & KEYS_ONLY) !== 0;
    this.#at = at;
    this.#left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    this.#release = engine.tryHold(at);
  }

  write(out: FrameWriter): boolean {
    const { rows: found, complete } = this.#engine.rows(
      this.#collection,
      this.#bounds,
      this.#at,
      this.#after,
      Math.min(ROWS_BYTES, this.#credit),
    );
    for (const { bytes } of found) if (!this.#keysOnly) checkShared(bytes);
    const rows = found.length > this.#left ? found.slice(0, this.#left) : found;
    this.#left -= rows.length;
    this.#after = complete;
    const isLast = complete === undefined || this.#left === 0;
    out.begin(Kind.ROWS, this.#flags | (isLast ? FIN : 0), this.id, 0);
    this.#flags = 0;
    writeRows(out, this.#at, rows, this.#keysOnly);
    out.end();
    return isLast;
  }

  close(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/** The payload of ROWS: u64 tid, u32 rows, u32 0, then the table, and behind it each key, the version of the row, its value. */
function writeRows(
  out: FrameWriter,
  at: number,
  rows: readonly { readonly key: Uint8Array; readonly tid: number; readonly bytes: Uint8Array }[],
  keysOnly: boolean,
): void {
  out.u64(at);
  out.u32(rows.length);
  out.u32(0);
  let place = rows.length * 16;
  for (const { key, bytes } of rows) {
    const valueAt = place + key.length + ROW_VERSION_BYTES;
    const valueLength = keysOnly ? 0 : bytes.length;
    out.u32(place);
    out.u32(key.length);
    out.u32(valueAt);
    out.u32(valueLength);
    place = valueAt + valueLength;
  }
  for (const { key, tid, bytes } of rows) {
    out.bytes(key, 0, key.length);
    out.u64(tid);
    if (!keysOnly) out.bytes(bytes, 0, bytes.length);
  }
}
