import type { Tid } from '../../../lib/versions/engine/engine.ts';

/** The state of a key, as the fake server has it. */
export interface State {
  readonly key: string;
  readonly tid: Tid;
  readonly bytes: Uint8Array | undefined;
}

export interface OldState extends State {
  readonly next: Tid;
}

export interface Committed {
  readonly tid: Tid;
  readonly nonce: string;
  readonly id: string;
  readonly keys: readonly string[];
}

/** What a server has at one moment. It never changes: a commit makes the next one. */
export interface Data {
  readonly tid: Tid;
  readonly nonce: string;
  readonly history: Tid;
  readonly records: ReadonlyMap<string, State>;
  readonly old: readonly OldState[];
  readonly changes: readonly Committed[];
  /** The oldest commit that each session holds. */
  readonly sessions: ReadonlyMap<string, Tid>;
}

export const EMPTY: Data = {
  tid: 0,
  nonce: '',
  history: 0,
  records: new Map(),
  old: [],
  changes: [],
  sessions: new Map(),
};

export interface Wanted {
  readonly id: string;
  readonly nonce: string;
  readonly base: Tid;
  readonly reads: readonly { readonly key: string; readonly tid: Tid }[];
  readonly writes: readonly { readonly key: string; readonly bytes: Uint8Array | undefined }[];
}

/** `result` and `tid` as the function `commit` of the schema gives them; the places of the reads that have changed. */
export function committed(data: Data, wanted: Wanted): { result: number; tid: Tid; bad: number[]; data: Data } {
  const made = data.changes.find(({ id }) => id === wanted.id);
  if (made !== undefined) return { result: 0, tid: made.tid, bad: [], data };
  if (wanted.base > data.tid) return { result: 3, tid: 0, bad: [], data };
  const bad = wanted.reads.flatMap(({ key, tid }, i) => ((data.records.get(key)?.tid ?? 0) === tid ? [] : [i + 1]));
  if (bad.length > 0) return { result: 1, tid: 0, bad, data };
  const tid = data.tid + 1;
  const records = new Map(data.records);
  const old = [...data.old];
  for (const { key, bytes } of wanted.writes) {
    const before = records.get(key);
    if (before !== undefined) old.push({ ...before, next: tid });
    if (bytes === undefined) records.delete(key);
    else records.set(key, { key, tid, bytes });
  }
  const { nonce, id } = wanted;
  const change = { tid, nonce, id, keys: wanted.writes.map(({ key }) => key) };
  return { result: 0, tid, bad: [], data: { ...data, tid, nonce, records, old, changes: [...data.changes, change] } };
}

/** Throws away states that nobody holds, up to `upTo`. */
export function trimmed(data: Data, upTo: Tid): Data {
  const history = Math.max(data.history, Math.min(data.tid, upTo, ...data.sessions.values()));
  return { ...data, history, old: data.old.filter(({ next }) => next > history) };
}

/** The state of a key as of a commit; undefined if it is absent. */
export function stateAt({ records, old }: Data, key: string, at: Tid): State | undefined {
  const newest = records.get(key);
  if (newest !== undefined && newest.tid <= at) return newest;
  return old.find((state) => state.key === key && state.tid <= at && at < state.next);
}
