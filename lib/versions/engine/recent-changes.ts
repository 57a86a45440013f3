import { bytesToHex } from '../../base/hex.ts';
import { typedArrayLength } from '../../base/primordials.ts';
import type { ByteRange } from '../../read/bounds.ts';
import { intersection, isEmpty, isIn } from '../byte-range.ts';
import type { RecordedChange } from '../change-record.ts';
import type { StateKey, Tid } from './engine.ts';

/** How many keys and ranges are remembered at most. */
const MOST_KEYS = 200_000;

interface Commit {
  readonly tid: Tid;
  readonly changes: readonly RecordedChange[];
}

/** What the last commits have changed. It knows every change of the commits after `start`. */
export class RecentChanges {
  /** The commit after which it knows all. */
  start: Tid;
  readonly #mostKeys: number;
  #commits: Commit[] = [];
  /** How many of them, at the beginning, it has forgotten. They leave many at a time. */
  #forgotten = 0;
  #count = 0;
  /** The last commit that was added. */
  #newest: Tid = 0;
  /** The commits that have changed a key, in order. */
  readonly #ofKey = new Map<string, Tid[]>();
  /** The commits of which only ranges are known, in order. */
  #ranges: Commit[] = [];

  constructor(start: Tid, mostKeys: number = MOST_KEYS) {
    this.start = start;
    this.#mostKeys = mostKeys;
  }

  get isEmpty(): boolean {
    return this.#commits.length === this.#forgotten;
  }

  /** Adds the next commit. */
  add(commit: Commit): void {
    this.#commits.push(commit);
    this.#newest = commit.tid;
    this.#count += countOf(commit);
    if (commit.changes.some(({ range }) => range !== undefined)) this.#ranges.push(commit);
    for (const { collection, keys } of commit.changes) {
      for (const key of keys ?? []) {
        const name = nameOf({ collection, key });
        const tids = this.#ofKey.get(name);
        if (tids === undefined) this.#ofKey.set(name, [commit.tid]);
        else tids.push(commit.tid);
      }
    }
  }

  /** Forgets the oldest commits if there are too many. */
  trim(): void {
    while (this.#count > this.#mostKeys && !this.isEmpty) this.#forget(this.#commits[this.#forgotten++] as Commit);
    if (2 * this.#forgotten <= this.#commits.length) return;
    this.#commits = this.#commits.slice(this.#forgotten);
    this.#forgotten = 0;
  }

  /** Forgets the commits up to `tid`, that one included. */
  forget(tid: Tid): void {
    while (!this.isEmpty && (this.#commits[this.#forgotten] as Commit).tid <= tid) {
      this.#forget(this.#commits[this.#forgotten++] as Commit);
    }
    this.#commits = this.#commits.slice(this.#forgotten);
    this.#forgotten = 0;
  }

  /** The first commit after `tid` that has changed a key, undefined if none has. */
  firstAfter(key: StateKey, tid: Tid): Tid | undefined {
    if (this.#newest <= tid) return undefined;
    const found = this.#ofKey.get(nameOf(key))?.find((changed) => changed > tid);
    const ranged = this.#ranges.find((commit) => commit.tid > tid && covers(commit, key));
    return ranged === undefined || (found !== undefined && found < ranged.tid) ? found : ranged.tid;
  }

  /** The last commit up to `tid` that has changed a key, undefined if it knows none. */
  lastUpTo(key: StateKey, tid: Tid): Tid | undefined {
    const found = this.#ofKey.get(nameOf(key))?.findLast((changed) => changed <= tid);
    const ranged = this.#ranges.findLast((commit) => commit.tid <= tid && covers(commit, key));
    return ranged === undefined || (found !== undefined && found > ranged.tid) ? found : ranged.tid;
  }

  /** Whether a commit after `after` and up to `upTo` may have changed a key of a range. */
  touches(collection: string, range: ByteRange, after: Tid, upTo: Tid): boolean {
    if (after >= upTo) return false;
    if (after < this.start) return true;
    for (let i = this.#commits.length - 1; i >= this.#forgotten; i--) {
      const { tid, changes } = this.#commits[i] as Commit;
      if (tid <= after) return false;
      if (tid <= upTo && changes.some((change) => isTouched(change, collection, range))) return true;
    }
    return false;
  }

  #forget(commit: Commit): void {
    this.start = commit.tid;
    this.#count -= countOf(commit);
    if (this.#ranges[0] === commit) this.#ranges = this.#ranges.slice(1);
    for (const { collection, keys } of commit.changes) {
      for (const key of keys ?? []) {
        const name = nameOf({ collection, key });
        const tids = this.#ofKey.get(name) as Tid[];
        tids.shift();
        if (tids.length === 0) this.#ofKey.delete(name);
      }
    }
  }
}

/** Whether a change may have changed a key of a range. */
export function isTouched(change: RecordedChange, collection: string, range: ByteRange): boolean {
  if (change.collection !== collection) return false;
  if (change.keys !== undefined) return change.keys.some((key) => isIn(key, range));
  return !isEmpty(intersection(change.range as ByteRange, range));
}

function covers({ changes }: Commit, { collection, key }: StateKey): boolean {
  return changes.some(
    (change) => change.collection === collection && change.range !== undefined && isIn(key, change.range),
  );
}

function countOf({ changes }: Commit): number {
  return changes.reduce((count, { keys }) => count + (keys?.length ?? 1), 0);
}

function nameOf({ collection, key }: StateKey): string {
  return `${collection}\0${bytesToHex(key, 0, typedArrayLength(key))}`;
}
