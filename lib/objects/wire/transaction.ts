import { OwnMap } from '../../base/own-map.ts';
import { GARBAGE, ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { idAt, idBytes } from '../../key/object-id.ts';
import { compareKeys } from '../../versions/byte-range.ts';
import type { CommitRequest, ReadRange, ReadState, StateWrite, Tid } from '../../versions/engine/engine.ts';
import { behind } from '../collections/row-range.ts';
import { encodeNumber } from '../record/plain.ts';
import { type Known, nameOf, type StateName } from './known-states.ts';
import { Misses } from './misses.ts';
import { type Shared, WireReading } from './reading.ts';
import type { KeyRange } from './spans.ts';

/** An encoded number is followed by the count of its references: none. */
const NO_REFERENCES_BYTES = 4;

/**
 * A transaction on a store on a server: it notes what was read, and sees what it has written itself. Its function runs until nothing was missed: `begin` takes back all
 * that a run has noted, and what was fetched stays.
 */
export class WireTransaction extends WireReading {
  /** How many ids the run has asked for. */
  idCount = 0;
  /** Whether the run has met something that is newer than this transaction. */
  isOutdated = false;
  #reads = new OwnMap<StateName, ReadState>();
  #ranges: ReadRange[] = [];
  /** What is written: by name, and by the collection in which it is. */
  #writes = new OwnMap<StateName, Known>();
  #writesIn = new OwnMap<number | string, Known[]>();
  #added = new OwnMap<StateName, { readonly key: Uint8Array; number: number }>();
  /** The ids of the objects that the run has stored: nothing of them is on the server. */
  #created = new OwnMap<number, true>();
  #counts = true;

  /** `release` is called at its end. */
  // biome-ignore lint/complexity/noUselessConstructor: the one that V8 makes shows its arguments to patched built-ins.
  constructor(shared: Shared, tid: Tid, release: () => void) {
    super(shared, tid, release);
  }

  /** Takes back everything that the last run has noted. */
  begin(): void {
    this.misses = new Misses();
    this.idCount = 0;
    this.isOutdated = false;
    this.#reads = new OwnMap();
    this.#ranges = [];
    this.#writes = new OwnMap();
    this.#writesIn = new OwnMap();
    this.#added = new OwnMap();
    this.#created = new OwnMap();
  }

  /** An object with that id is stored by this transaction. */
  created(id: number): void {
    this.#created.set(id, true);
  }

  /** Calls `fn`, whose reads do not count: if others change what it reads, that is no conflict. */
  uncounted<T>(fn: () => T): T {
    const before = this.#counts;
    this.#counts = false;
    try {
      return fn();
    } finally {
      this.#counts = before;
    }
  }

  override object(id: number): Known {
    return this.state(OBJECTS, idBytes(id));
  }

  override find(collection: string, key: Uint8Array): Known | undefined {
    const name = nameOf(collection, key);
    const written = this.#writes.get(name);
    if (written !== undefined) return written;
    if (this.#isCreated(collection, key)) return absent(collection, key);
    const found = super.find(collection, key);
    if (found !== undefined && this.#counts) {
      this.#reads.set(name, { collection, key, tid: found.bytes === undefined ? 0 : found.tid });
    }
    return found;
  }

  override rows(range: KeyRange, reverse: boolean, most: number): Known[] {
    const writes = this.#writtenIn(range, reverse);
    if (this.#isCreated(range.collection, range.lower))
      return writes.filter(({ bytes }) => bytes !== undefined).slice(0, most);
    const deleted = writes.filter(({ bytes }) => bytes === undefined).length;
    const wanted = most + deleted;
    const rows = super.rows(range, reverse, wanted);
    if (this.#counts) this.#noteRange(range, reverse, rows.length < wanted ? undefined : rows.at(-1)?.key);
    return writes.length === 0 ? rows : merged(rows, writes, reverse).slice(0, most);
  }

  /** Writes a key; without bytes, deletes it. */
  write(collection: string, key: Uint8Array, bytes: Uint8Array | undefined): void {
    const name = nameOf(collection, key);
    const written: Known = { collection, key, tid: 0, next: undefined, bytes, decoded: undefined };
    const list = this.#listOf(collection, key);
    const before = this.#writes.get(name);
    if (before === undefined) list.push(written);
    else list[list.indexOf(before)] = written;
    this.#writes.set(name, written);
  }

  /** Adds to the number in a row of a persistent collection. */
  add(key: Uint8Array, number: number): void {
    const name = nameOf(ITEMS, key);
    const added = this.#added.get(name);
    if (added === undefined) this.#added.set(name, { key, number });
    else added.number += number;
  }

  /** What the run has added to such a number. */
  addedTo(key: Uint8Array): number {
    return this.#added.get(nameOf(ITEMS, key))?.number ?? 0;
  }

  /** What to commit; undefined if nothing was written. */
  request(): Omit<CommitRequest, 'commitId'> | undefined {
    const writes: StateWrite[] = [];
    this.#writes.forEach(({ collection, key, bytes }) => {
      writes.push({ collection, key, bytes });
    });
    this.#added.forEach(({ key, number }) => {
      if (number !== 0) writes.push({ collection: ITEMS, key, bytes: numberRow(number), adds: true });
    });
    if (writes.length === 0) return undefined;
    const reads: ReadState[] = [];
    this.#reads.forEach((read) => {
      reads.push(read);
    });
    return { base: this.tid, reads, ranges: this.#ranges, writes };
  }

  /** The keys of objects and rows begin with an id. */
  #isCreated(collection: string, key: Uint8Array): boolean {
    return this.#created.size > 0 && collection !== GARBAGE && this.#created.has(idAt(key, 0));
  }

  #listOf(collection: string, key: Uint8Array): Known[] {
    const name = collection === ITEMS ? idAt(key, 0) : collection;
    let list = this.#writesIn.get(name);
    if (list === undefined) {
      list = [];
      this.#writesIn.set(name, list);
    }
    return list;
  }

  #writtenIn({ collection, lower, upper }: KeyRange, reverse: boolean): Known[] {
    const found = this.#listOf(collection, lower).filter(
      ({ key }) => compareKeys(key, lower) >= 0 && (upper === undefined || compareKeys(key, upper) < 0),
    );
    return found.sort((a, b) => (reverse ? compareKeys(b.key, a.key) : compareKeys(a.key, b.key)));
  }

  /** `last`: the last row that was read of the range; undefined if it was read to its end. */
  #noteRange({ collection, lower, upper }: KeyRange, reverse: boolean, last: Uint8Array | undefined): void {
    const from = last !== undefined && reverse ? last : lower;
    const to = last !== undefined && !reverse ? behind(last) : upper;
    const before = this.#ranges.at(-1);
    // The pages of one loop are one range.
    const isNext =
      before !== undefined &&
      before.collection === collection &&
      before.range.upper !== undefined &&
      compareKeys(before.range.upper, from) === 0;
    const start = isNext ? (before.range.lower as Uint8Array) : from;
    const range = { collection, range: { lower: start, lowerOpen: false, upper: to, upperOpen: true } };
    if (isNext) this.#ranges[this.#ranges.length - 1] = range;
    else this.#ranges.push(range);
  }
}

function absent(collection: string, key: Uint8Array): Known {
  return { collection, key, tid: 0, next: undefined, bytes: undefined, decoded: undefined };
}

/** Puts what was written among the rows that were read. Both are in order. */
function merged(rows: readonly Known[], writes: readonly Known[], reverse: boolean): Known[] {
  const all: Known[] = [];
  let next = 0;
  for (const row of rows) {
    let order = -1;
    for (; next < writes.length; next++) {
      const write = writes[next] as Known;
      order = compareKeys(write.key, row.key) * (reverse ? -1 : 1);
      if (order > 0) break;
      if (write.bytes !== undefined) all.push(write);
      if (order === 0) {
        next++;
        break;
      }
    }
    if (order !== 0) all.push(row);
  }
  for (; next < writes.length; next++) if ((writes[next] as Known).bytes !== undefined) all.push(writes[next] as Known);
  return all;
}

/** The row of a persistent collection that has a number. */
function numberRow(number: number): Uint8Array {
  const encoded = encodeNumber(number);
  const row = new Uint8Array(encoded.length + NO_REFERENCES_BYTES);
  row.set(encoded);
  return row;
}
