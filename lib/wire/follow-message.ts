import { Slab } from '../lease/slab.ts';
import type { EngineRow, FollowedRows, FollowRequest, FollowTaker, Loaded, Tid } from '../versions/engine/engine.ts';
import type { NameOf, NumberOf } from './commit-message.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type Payload, protocolError } from './payload.ts';
import { readByteRange, writeByteRange } from './range-message.ts';
import { readStates, writeStates } from './states-message.ts';

/** The most objects that one request names. */
export const MOST_FOLLOWED = 10_000;

/** The memory of the rows that have come. */
const slab = new Slab();

/** u64 at, u32 credit, u32 budget, u32 n, n ids (u64 each), the hints as JSON: an object, `{ "hints": … }`. */
export function writeFollow(out: FrameWriter, { at, budget, ids, hints }: FollowRequest, credit: number): void {
  const text = JSON.stringify({ hints });
  out.u64(at);
  out.u32(credit);
  out.u32(budget);
  out.u32(ids.length);
  for (const id of ids) out.u64(id);
  out.text(text);
}

/** `ERR_PROTOCOL`. The hints were not checked. */
export function readFollow(payload: Payload): FollowRequest & { readonly credit: number } {
  const at: Tid = payload.u64();
  const credit = payload.u32();
  const budget = payload.u32();
  const count = payload.count(8);
  if (count > MOST_FOLLOWED) throw protocolError(`a client names at most ${MOST_FOLLOWED} objects at a time`);
  const ids: number[] = [];
  for (let left = count; left > 0; left--) ids.push(payload.u64());
  return { at, credit, budget, ids, hints: payload.json()['hints'] };
}

/** States as in STATES, then u32 m, m ranges: u16 collection, the range, u32 n, n rows: sized key, u64 tid, sized value. */
export function writeFollowed(
  out: FrameWriter,
  states: readonly Loaded[],
  ranges: readonly FollowedRows[],
  numberOf: NumberOf,
): void {
  writeStates(out, states, numberOf);
  out.u32(ranges.length);
  for (const { collection, range, rows } of ranges) {
    out.u16(numberOf(collection));
    writeByteRange(out, range, 0);
    out.u32(rows.length);
    for (const { key, tid, bytes } of rows) {
      out.sized(key);
      out.u64(tid);
      out.sized(bytes);
    }
  }
}

/** `ERR_PROTOCOL` */
export function readFollowed(payload: Payload, nameOf: NameOf, taker: FollowTaker): void {
  readStates(payload, nameOf, (state) => taker.state(state));
  for (let left = payload.count(7); left > 0; left--) {
    const collection = nameOf(payload.u16());
    const { range } = readByteRange(payload, 0);
    const rows: EngineRow[] = [];
    for (let count = payload.count(16); count > 0; count--) {
      const key = payload.takeInto(slab, payload.u32());
      const tid = payload.u64();
      rows.push({ key, tid, bytes: payload.takeInto(slab, payload.u32()) });
    }
    taker.rows({ collection, range, rows });
  }
  payload.finish();
}
