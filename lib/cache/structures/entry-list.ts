import type { CachedObject } from '../policies/policy.ts';

/** An object in an EntryList. */
export class Entry implements CachedObject {
  readonly key: number;
  readonly size: number;
  /** What a policy notes of the object: a bit, a counter or a time. */
  mark: number = 0;
  list: EntryList | undefined = undefined;
  older: Entry | undefined = undefined;
  newer: Entry | undefined = undefined;

  constructor(key: number, size: number) {
    this.key = key;
    this.size = size;
  }
}

/** Entries in an order, as a linked list. An entry is in one list at a time. */
export class EntryList {
  oldest: Entry | undefined = undefined;
  newest: Entry | undefined = undefined;
  bytes: number = 0;

  /** Puts an entry that is in no list at the newest end. */
  push(entry: Entry): void {
    entry.list = this;
    entry.older = this.newest;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
    this.bytes += entry.size;
  }

  delete(entry: Entry): void {
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.newest = entry.older;
    else entry.newer.older = entry.older;
    entry.list = entry.older = entry.newer = undefined;
    this.bytes -= entry.size;
  }

  /** Takes the oldest entry out. */
  shift(): Entry | undefined {
    const entry = this.oldest;
    if (entry !== undefined) this.delete(entry);
    return entry;
  }

  /** Makes an entry of this list the newest one. Returns whether it was not. */
  renew(entry: Entry): boolean {
    if (entry === this.newest) return false;
    this.delete(entry);
    this.push(entry);
    return true;
  }
}
