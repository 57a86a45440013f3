import type {
  Change,
  Engine,
  EngineBounds,
  EngineConflict,
  Loaded,
  ReadRange,
  RowBatch,
  StateKey,
} from '../../../lib/versions/engine/engine.ts';

/** Begins every stored key: longer than the keys that LMDB takes, and than what an index by time has of a key. */
export const PREFIX: Buffer = Buffer.alloc(600, 'k');

export const lengthened = (key: Uint8Array): Buffer => Buffer.concat([PREFIX, key]);

function shortened<T extends Uint8Array | undefined>(key: T): T {
  if (key === undefined) return key;
  if (!PREFIX.equals(key.subarray(0, PREFIX.length))) throw new Error(`a key without the prefix: ${key}`);
  return key.subarray(PREFIX.length) as T;
}

type Range = ReadRange['range'];
const longRange = <R extends Range>(range: R): R => ({
  ...range,
  lower: range.lower === undefined ? undefined : lengthened(range.lower),
  upper: range.upper === undefined ? undefined : lengthened(range.upper),
});
const shortRange = (range: Range): Range => ({
  ...range,
  lower: shortened(range.lower),
  upper: shortened(range.upper),
});
const longKey = <S extends StateKey>(state: S): S => ({ ...state, key: lengthened(state.key) });

/** The same engine, which stores long keys: the suite, which has short ones, so tests collections with `keys: 'any'`. Keys stay in the same order. */
export function withLongKeys(engine: Engine): Engine {
  const change = (told: Change): Change => ({
    ...told,
    changes: told.changes.map((each) => ({
      ...each,
      keys: each.keys?.map((key) => shortened(key)),
      range: each.range === undefined ? undefined : shortRange(each.range),
    })) as Change['changes'],
  });
  const conflict = (found: EngineConflict): EngineConflict =>
    'key' in found ? { ...found, key: shortened(found.key) } : { ...found, range: shortRange(found.range) };
  return {
    storeId: engine.storeId,
    features: engine.features,
    processed: () => engine.processed(),
    load: (keys, at, take) =>
      engine.load(Array.from(keys, longKey), at, (state: Loaded) => take({ ...state, key: shortened(state.key) })),
    range: (collection, bounds, at, credit, take) =>
      engine.range(collection, longRange<EngineBounds>(bounds), at, credit + PREFIX.length, (batch: RowBatch) =>
        take({
          rows: batch.rows.map((row) => ({ ...row, key: shortened(row.key) })),
          complete: shortened(batch.complete),
        }),
      ),
    hold: (at) => engine.hold(at),
    async *changes(after) {
      for await (const told of engine.changes(after)) yield change(told);
    },
    onChange: (fn) => engine.onChange((told) => fn(change(told))),
    onGap: (fn) => engine.onGap(fn),
    onEnd: (fn) => engine.onEnd(fn),
    async commit(request) {
      const answer = await engine.commit({
        ...request,
        reads: request.reads.map(longKey),
        ranges: request.ranges.map(({ collection, range }) => ({ collection, range: longRange(range) })),
        writes: request.writes.map(longKey),
      });
      return 'tid' in answer ? answer : answer.map(conflict);
    },
    claimIds: (count) => engine.claimIds(count),
    close: () => engine.close(),
  };
}
