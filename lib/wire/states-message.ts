import { typedArrayLength } from '../base/primordials.ts';
import { Slab } from '../lease/slab.ts';
import { FRAME_LARGE_BYTES, VALUE_LARGE, VALUE_NONE } from '../native/constants.ts';
import type { Loaded } from '../versions/engine/engine.ts';
import type { NameOf, NumberOf } from './commit-message.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Payload } from './payload.ts';

/** The memory of the keys and the values that have come. */
const slab = new Slab();

/** What stands before the key and the value of a state: u16 collection, the lengths of both, u64 tid, u64 next. */
const STATE_BYTES = 26;

/** How many bytes a state takes in STATES, without its value if that is too large to come in it. */
export function stateSize({ key, bytes }: Loaded): number {
  const isWhole = bytes !== undefined && bytes.length <= FRAME_LARGE_BYTES;
  return STATE_BYTES + typedArrayLength(key) + (isWhole ? bytes.length : 0);
}

/** u32 n, n states: u16 collection, sized key, u64 tid, u64 next, u32 length of the value, the value. */
export function writeStates(out: FrameWriter, states: readonly Loaded[], numberOf: NumberOf): void {
  out.u32(states.length);
  for (const { collection, key, tid, next, bytes } of states) {
    const isWhole = bytes !== undefined && bytes.length <= FRAME_LARGE_BYTES;
    out.u16(numberOf(collection));
    out.sized(key);
    out.u64(tid);
    out.u64(next ?? 0);
    out.u32(bytes === undefined ? VALUE_NONE : isWhole ? bytes.length : VALUE_LARGE);
    if (isWhole) out.bytes(bytes, 0, bytes.length);
  }
}

/** Calls `take` with each state whose value is there. `ERR_PROTOCOL`. */
export function readStates(payload: Payload, nameOf: NameOf, take: (state: Loaded) => void): void {
  for (let left = payload.count(STATE_BYTES); left > 0; left--) {
    const collection = nameOf(payload.u16());
    const key = payload.takeInto(slab, payload.u32());
    const tid = payload.u64();
    const next = payload.u64() || undefined;
    const length = payload.u32();
    if (length === VALUE_LARGE) continue;
    take({ collection, key, tid, next, bytes: length === VALUE_NONE ? undefined : payload.takeInto(slab, length) });
  }
}
