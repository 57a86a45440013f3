import { bytesToHex } from '../base/hex.ts';
import { compareKeys } from '../versions/byte-range.ts';
import type { RecordedChange } from '../versions/change-record.ts';
import type { Change, Tid } from '../versions/engine/engine.ts';
import type { SqlRow } from './connection/sql-client.ts';

/** What a poll gives. */
export interface Polled {
  /** The newest commit, and its nonce. */
  readonly tid: Tid;
  readonly nonce: string;
  /** States can be read as of this commit and all after it. */
  readonly history: Tid;
  /** The log of changes has the commits after this one. */
  readonly log: Tid;
  readonly epoch: number;
  readonly isStandby: boolean;
  /** The nonce of the commit after which was asked; undefined if the server does not have it. */
  readonly before: string | undefined;
  /** The next commits, in order, and at most so many as were asked for. */
  readonly changes: readonly Change[];
}

/** Reads the rows of the statement `poll`. */
export function polledOf(rows: readonly SqlRow[]): Polled {
  const [tid, history, log, epoch, isStandby, before, nonce] = rows[0] as SqlRow;
  return {
    tid: tid as Tid,
    nonce: (nonce as string | null) ?? '',
    history: history as Tid,
    log: log as Tid,
    epoch: epoch as number,
    isStandby: isStandby as boolean,
    before: (before as string | null) ?? undefined,
    changes: rows.filter((row) => row[7] !== null).map(changeOf),
  };
}

/** What a commit has changed, as the log of changes has it: keys `keys[i]` of the collections `collections[i]`, and ranges. */
export interface LoggedKeys {
  readonly collections: readonly string[];
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly string[];
  readonly lowers: readonly Uint8Array[];
  readonly uppers: readonly Uint8Array[];
}

function changeOf(row: SqlRow): Change {
  const [tid, nonce, time, id, collections, keys, ranges, lowers, uppers] = row.slice(7) as [
    Tid,
    string,
    number,
    Uint8Array,
    string[],
    Uint8Array[],
    string[],
    Uint8Array[],
    Uint8Array[],
  ];
  return { tid, nonce, time, ids: [id], changes: changesOf({ collections, keys, ranges, lowers, uppers }) };
}

export function changesOf({ collections, keys, ranges, lowers, uppers }: LoggedKeys): readonly RecordedChange[] {
  const changes = keysByCollection(collections, keys);
  for (const [i, collection] of ranges.entries()) {
    const range = { lower: lowers[i], lowerOpen: false, upper: uppers[i], upperOpen: false };
    changes.push({ collection, keys: undefined, range, dropped: false });
  }
  return changes;
}

function keysByCollection(collections: readonly string[], keys: readonly Uint8Array[]): RecordedChange[] {
  const found = new Map<string, Uint8Array[]>();
  for (const [i, collection] of collections.entries()) {
    const list = found.get(collection);
    if (list === undefined) found.set(collection, [keys[i] as Uint8Array]);
    else list.push(keys[i] as Uint8Array);
  }
  return [...found].map(([collection, list]) => ({
    collection,
    keys: list.sort(compareKeys),
    range: undefined,
    dropped: false,
  }));
}

/** The name of a key among those of all collections. */
export function keyName(collection: string, key: Uint8Array): string {
  return `${collection}\0${bytesToHex(key, 0, key.length)}`;
}
