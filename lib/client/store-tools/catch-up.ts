import type { Change, Engine, Loaded, StateKey, StateWrite, Tid } from '../../versions/engine/engine.ts';

export interface CatchUpOptions {
  /** What was changed after this commit, and up to the other one, which is held, is copied again. */
  readonly after: Tid;
  readonly upTo: Tid;
  readonly collections: readonly string[];
  readonly write: (writes: readonly StateWrite[]) => Promise<void>;
}

const BATCH_KEYS = 500;
const CREDIT = 256 * 1024;

/** Makes a copy be the source as of a commit: the keys that the log of changes names get the states that they have there. `ERR_TOO_OLD`. */
export async function catchUp(from: Engine, to: Engine, options: CatchUpOptions): Promise<void> {
  const { after, upTo, collections, write } = options;
  if (after >= upTo) return;
  const wanted = new Set(collections);
  let keys: StateKey[] = [];
  const flush = async (): Promise<void> => {
    if (keys.length > 0) await copyStates(from, keys, upTo, write);
    keys = [];
  };
  const changes = from.changes(after);
  for await (const change of changes) {
    for (const each of change.changes.filter(({ collection }) => wanted.has(collection))) {
      for (const key of each.keys ?? []) keys.push({ collection: each.collection, key });
      if (each.range !== undefined) await copyRange(from, to, each, options);
      if (keys.length >= BATCH_KEYS) await flush();
    }
    if (change.tid >= upTo) break;
  }
  await flush();
}

async function copyStates(
  from: Engine,
  keys: readonly StateKey[],
  at: Tid,
  write: (writes: readonly StateWrite[]) => Promise<void>,
): Promise<void> {
  const writes: StateWrite[] = [];
  await from.load(keys, at, ({ collection, key, bytes }: Loaded) => void writes.push({ collection, key, bytes }));
  await write(writes);
}

/** A range of which only the bounds are known: what is not in the source any more goes, then all that is there is copied. */
async function copyRange(
  from: Engine,
  to: Engine,
  { collection, range }: Change['changes'][number],
  { upTo, write }: CatchUpOptions,
): Promise<void> {
  if (range === undefined) return;
  await to.range(collection, range, to.processed(), CREDIT, async ({ rows }) => {
    if (rows.length > 0) await write(rows.map(({ key }) => ({ collection, key, bytes: undefined })));
  });
  await from.range(collection, range, upTo, CREDIT, async ({ rows }) => {
    if (rows.length > 0) await write(rows.map(({ key, bytes }) => ({ collection, key, bytes })));
  });
}
