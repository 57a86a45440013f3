import type { Loaded, StateKey, Tid } from './engine.ts';
import type { KeptSnapshots } from './kept-snapshots.ts';
import type { RecentChanges } from './recent-changes.ts';

/**
 * The state of a key as of a commit; undefined if no snapshot has it any more. `lends`: a large value is lent by the snapshot, and not copied.
 */
export function loadState(
  snapshots: KeptSnapshots,
  recent: RecentChanges,
  key: StateKey,
  at: Tid,
  lends: boolean,
): Loaded | undefined {
  const { above, below } = snapshots.around(at);
  const state = above.read(key, lends);
  const knows = at >= recent.start;
  const next = knows ? recent.firstAfter(key, at) : above.tid + 1;
  if (state.bytes !== undefined && state.tid <= at) return loaded(key, state.tid, next, state.bytes);
  // It may have been another one at that time, or absent.
  const isSame = above.tid === at || (knows && (next === undefined || next > above.tid));
  if (isSame) return loaded(key, absentSince(recent, key, at), next, undefined);
  if (below === undefined || hasChanged(recent, key, below.tid, at)) return undefined;
  const older = below.read(key, lends);
  return loaded(key, older.bytes === undefined ? absentSince(recent, key, at) : older.tid, next, older.bytes);
}

function hasChanged(recent: RecentChanges, key: StateKey, after: Tid, upTo: Tid): boolean {
  return after < recent.start || (recent.lastUpTo(key, upTo) ?? 0) > after;
}

function absentSince(recent: RecentChanges, key: StateKey, at: Tid): Tid {
  return at < recent.start ? at : (recent.lastUpTo(key, at) ?? recent.start);
}

/** Not by spreading objects: that takes longer than to read the state. */
function loaded({ collection, key }: StateKey, tid: Tid, next: Tid | undefined, bytes: Uint8Array | undefined): Loaded {
  return { collection, key, tid, next, bytes };
}
