import type { EngineBounds, EngineRow, Loaded, RowBatch, StateKey } from '../versions/engine/engine.ts';
import type { KeysOfPart } from './cache-view.ts';
import { behind, boundsOf, type Part, partOf, without } from './positions.ts';
import type { Piece } from './spans.ts';

/** What a range is read from. */
export interface RangeSources {
  /** The first piece of a part, or in reverse the last one. */
  piece(part: Part): Piece;
  /** The keys of a piece that is known, until they have `credit` bytes; undefined if it is known no more. */
  keys(part: Part): KeysOfPart | undefined;
  load(keys: readonly StateKey[], take: (state: Loaded) => void): void | Promise<void>;
  /** Reads a piece that is not known, and stores it. */
  ask(bounds: EngineBounds, take: (batch: RowBatch) => unknown): Promise<void>;
}

/** Reads a range piece by piece: what is known from the cache, but for the holes in it, and the rest from the engine. */
export async function readRange(
  collection: string,
  bounds: EngineBounds,
  sources: RangeSources,
  take: (batch: RowBatch) => unknown,
): Promise<void> {
  const reverse = bounds.reverse === true;
  let rest: Part | undefined = partOf(bounds);
  while (rest !== undefined) {
    const { part, isKnown } = sources.piece(rest);
    const after: Part | undefined = without(rest, part, reverse);
    const keys = isKnown ? sources.keys(part) : undefined;
    if (keys === undefined) {
      let isWanted = true;
      await sources.ask(boundsOf(part, reverse), async (batch) => {
        isWanted = await give(batch, after === undefined, take);
        return isWanted;
      });
      if (!isWanted) return;
      rest = after;
    } else {
      const last = keys.keys.at(-1)?.key;
      rest = keys.isAll || last === undefined ? after : without(rest, upTo(last, rest, reverse), reverse);
      const rows = await rowsOf(collection, keys, sources);
      const complete = rest === undefined ? undefined : rows.at(-1)?.key;
      if (!(await give({ rows, complete }, rest === undefined, take))) return;
    }
  }
}

/** Gives a batch to the reader. Only the last one may have no rows. Returns whether more is wanted. */
async function give(batch: RowBatch, isEnd: boolean, take: (batch: RowBatch) => unknown): Promise<boolean> {
  const { rows } = batch;
  const complete = batch.complete ?? (isEnd ? undefined : rows.at(-1)?.key);
  if (complete === undefined && !isEnd) return true;
  return (await take({ rows, complete })) !== false;
}

/** The part up to a key that was read, that key included. */
function upTo(key: Uint8Array, { from, to }: Part, reverse: boolean): Part {
  return reverse ? { from: key, to } : { from, to: behind(key) };
}

/** The rows of a piece. The holes are filled. */
async function rowsOf(collection: string, { keys }: KeysOfPart, sources: RangeSources): Promise<EngineRow[]> {
  const holes = keys.flatMap(({ key, state }) => (state === undefined ? [{ collection, key }] : []));
  const filled = new Map<Uint8Array, Pick<Loaded, 'tid' | 'bytes'>>();
  if (holes.length > 0) {
    await sources.load(holes, ({ key, tid, bytes }) => filled.set(key, { tid, bytes }));
  }
  return keys.flatMap(({ key, state }) => {
    const { tid, bytes } = state ?? (filled.get(key) as Pick<Loaded, 'tid' | 'bytes'>);
    return bytes === undefined ? [] : [{ key, tid, bytes }];
  });
}

/** What a batch says of a part that was asked for: the part that it completes. */
export function completedPart({ complete }: RowBatch, rest: Part, reverse: boolean): Part {
  return complete === undefined ? rest : upTo(complete, rest, reverse);
}
