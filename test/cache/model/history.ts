import type { Change, Tid } from '../../../lib/versions/engine/engine.ts';

export interface Version {
  readonly tid: Tid;
  readonly text: string | undefined;
}

export interface HistoryCommit {
  readonly tid: Tid;
  readonly nonce: string;
  /** What it has written; undefined: deleted. */
  readonly writes: ReadonlyMap<string, string | undefined>;
  /** Told as a range, not as keys. */
  readonly isRange: boolean;
}

/** All commits of a store. A store that was restored from a copy has another one. */
export class History {
  readonly commits: HistoryCommit[];

  constructor(commits: readonly HistoryCommit[] = []) {
    this.commits = [...commits];
  }

  get newest(): Tid {
    return this.commits.length;
  }

  commit(writes: ReadonlyMap<string, string | undefined>, nonce: string, isRange = false): Tid {
    this.commits.push({ tid: this.newest + 1, nonce, writes, isRange });
    return this.newest;
  }

  nonceOf(tid: Tid): string {
    return this.commits[tid - 1]?.nonce ?? '';
  }

  at(key: string, at: Tid): Version {
    for (let tid = Math.min(at, this.newest); tid > 0; tid--) {
      const { writes } = this.commits[tid - 1] as HistoryCommit;
      if (writes.has(key)) return { tid, text: writes.get(key) };
    }
    return { tid: 0, text: undefined };
  }

  /** Since when a key has been what it is as of a commit: an absent key that is deleted again stays what it was. */
  begin(key: string, at: Tid): Tid {
    const found = this.at(key, at);
    if (found.text !== undefined || found.tid === 0) return found.tid;
    const before = this.at(key, found.tid - 1);
    return before.text === undefined ? this.begin(key, found.tid - 1) : found.tid;
  }

  /** The next commit after `at` that has written a key, up to `upTo`. */
  next(key: string, at: Tid, upTo: Tid): Tid | undefined {
    return this.commits.slice(at, upTo).find(({ writes }) => writes.has(key))?.tid;
  }

  /** The same, but an absent key that is deleted again stays what it was. */
  end(key: string, at: Tid, upTo: Tid): Tid | undefined {
    const { text } = this.at(key, at);
    const ends = ({ writes }: HistoryCommit): boolean => writes.has(key) && (text ?? writes.get(key)) !== undefined;
    return this.commits.slice(at, upTo).find(ends)?.tid;
  }

  rows(at: Tid, isIn: (key: string) => boolean): (Version & { readonly key: string })[] {
    const keys = new Set(this.commits.slice(0, at).flatMap(({ writes }) => [...writes.keys()]));
    return [...keys]
      .filter(isIn)
      .sort()
      .map((key) => ({ key, ...this.at(key, at) }))
      .filter(({ text }) => text !== undefined);
  }

  change(tid: Tid): Change {
    const { nonce, writes, isRange } = this.commits[tid - 1] as HistoryCommit;
    const keys = [...writes.keys()].sort().map((key) => Buffer.from(key));
    const range = { lower: keys[0], lowerOpen: false, upper: keys.at(-1), upperOpen: false };
    const change = { collection: 'items', keys: isRange ? undefined : keys, range: isRange ? range : undefined };
    return { tid, nonce, time: 0, ids: [], changes: [{ ...change, dropped: false }] };
  }
}
