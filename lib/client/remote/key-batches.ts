import { typedArrayLength } from '../../base/primordials.ts';
import type { StateKey } from '../../versions/engine/engine.ts';

/** The most bytes of keys of one GET_MANY. */
const MOST_KEYS_BYTES = 256 * 1024;

/** Keys of one collection each, as many as fit in a request, in order. `mostRequest`: the most bytes of a request. */
export function batchesOf(keys: Iterable<StateKey>, mostRequest: number): StateKey[][] {
  const most = Math.min(MOST_KEYS_BYTES, mostRequest / 4);
  const batches: StateKey[][] = [];
  let size = 0;
  for (const key of keys) {
    const last = batches.at(-1);
    const length = typedArrayLength(key.key) + 4;
    const isSame = last?.[0]?.collection === key.collection && size + length <= most;
    if (isSame) last?.push(key);
    else batches.push([key]);
    size = (isSame ? size : 0) + length;
  }
  return batches;
}
