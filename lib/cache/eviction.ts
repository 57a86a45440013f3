import type { Collection } from '../environment/collection.ts';
import { hashBytes } from '../lease/bytes.ts';
import type { Sink } from '../lease/sink.ts';
import type { Value } from '../value/value.ts';
import { type FifoQueue, type Queued, REMEMBERED, S3Fifo } from './policies/s3-fifo.ts';
import { u32, writeU32, writeU64 } from './state-record.ts';
import { GhostTable } from './structures/ghost-table.ts';
import { HitCounters } from './structures/hit-counters.ts';

/*
 * Which states leave a cache that is full: S3-FIFO, see policies/s3-fifo.ts. Its two queues lie in the cache:
 *
 *   c.queue  u8 queue | u64 number -> for each of some states: u32 hash | u32 bytes | u16 length of the key | key of the state
 *            u8 2                  -> for each queue u64 the next number | u64 bytes
 *
 * States that come in one transaction share records, since a record takes longer to store than a state in it.
 *
 * Hits are counted in the memory of each process, and so are the states that have left: a hit writes nothing.
 */

/** What a state takes beside its key and its record: the nodes of the tables, and its place in a queue. */
const OVERHEAD = 64;
const TOTALS = Uint8Array.of(2);
const PLACE_BYTES = 9;
/** The bytes before the key in a queue. */
const QUEUED_BYTES = 10;
/** So many bytes are in a record at most, unless it has a single state: two records are in a page. */
const MOST_RECORD_BYTES = 1800;
/** The tables of counters and ghosts take at most 1 and 2 MiB. */
const MOST_CELLS = 2 ** 20;
const MOST_WORDS = 2 ** 19;
const USUAL_SIZE = 256;

type Table = Collection<Uint8Array | Sink, Uint8Array | Sink, Value, Value>;

interface QueuedState extends Queued {
  /** Of c.states. */
  readonly at: Uint8Array;
}

export class Eviction {
  /** How many states have left. */
  count = 0;
  readonly #table: Table;
  readonly #capacity: number;
  readonly #counters: HitCounters;
  readonly #small: StoredQueue;
  readonly #main: StoredQueue;
  readonly #fifo: S3Fifo<QueuedState>;

  /** `capacity`: in bytes. `evicted` deletes a state. */
  constructor(table: Table, capacity: number, evicted: (at: Uint8Array) => void) {
    this.#table = table;
    this.#capacity = capacity;
    this.#small = new StoredQueue(table, 0);
    this.#main = new StoredQueue(table, 1);
    const cells = 2 ** Math.ceil(Math.log2(Math.max(1024, (4 * capacity) / USUAL_SIZE)));
    this.#counters = new HitCounters(new Uint8Array(Math.min(MOST_CELLS, cells)));
    this.#fifo = new S3Fifo({
      capacity,
      small: this.#small,
      main: this.#main,
      counters: this.#counters,
      ghosts: new GhostTable(new Uint32Array(Math.min(MOST_WORDS, 2 * cells)), REMEMBERED * capacity),
      evicted: ({ at }) => {
        this.count++;
        evicted(at);
      },
    });
  }

  hit(hash: number): void {
    this.#counters.hit(hash);
  }

  /** To be called first in a write transaction. */
  begin(): void {
    const totals = this.#table.get(TOTALS)?.toBuffer();
    this.#small.begin(totals);
    this.#main.begin(totals);
  }

  /** To be called last. */
  end(): void {
    if (!this.#small.isChanged && !this.#main.isChanged) return;
    const totals = new Uint8Array(32);
    this.#small.write(totals);
    this.#main.write(totals);
    this.#table.put(TOTALS, totals);
  }

  /** A new state comes: others may leave. Returns whether it may enter. */
  admit(at: Uint8Array, length: number): boolean {
    return this.#fifo.admit({ at, hash: hashOfState(at), size: at.length + length + OVERHEAD });
  }

  /** Lets states leave that take about so many bytes. */
  shrink(bytes: number): void {
    this.#fifo.makeRoom(this.#capacity - this.#small.bytes - this.#main.bytes + bytes);
  }

  clear(): void {
    this.#table.clear();
    this.begin();
  }
}

export function hashOfState(at: Uint8Array): number {
  return hashBytes(at, 0, at.length);
}

/** A queue in the cache. What is in memory is what the transaction began with, and what it has changed. */
class StoredQueue implements FifoQueue<QueuedState> {
  bytes = 0;
  isChanged = false;
  readonly #table: Table;
  readonly #number: number;
  #next = 0;
  /** The oldest record: `left` is what is in it still. */
  #oldest: { readonly place: Uint8Array; left: Uint8Array } | undefined;
  /** What has come in this transaction, and is not stored yet: from `#firstNew` on. */
  #new: QueuedState[] = [];
  #firstNew = 0;

  constructor(table: Table, number: number) {
    this.#table = table;
    this.#number = number;
  }

  begin(totals: Uint8Array | undefined): void {
    const at = this.#number * 16;
    this.#next = totals === undefined ? 0 : u64(totals, at);
    this.bytes = totals === undefined ? 0 : u64(totals, at + 8);
    this.isChanged = false;
    this.#oldest = undefined;
    this.#new = [];
    this.#firstNew = 0;
  }

  /** Stores what has changed. */
  write(totals: Uint8Array): void {
    if (this.#oldest !== undefined) this.#table.put(this.#oldest.place, this.#oldest.left);
    this.#storeNew();
    writeU64(totals, this.#number * 16, this.#next);
    writeU64(totals, this.#number * 16 + 8, this.bytes);
  }

  push(state: QueuedState): void {
    this.#new.push(state);
    this.bytes += state.size;
    this.isChanged = true;
  }

  shift(): QueuedState | undefined {
    this.isChanged = true;
    this.#oldest ??= this.#first();
    const state = this.#oldest === undefined ? this.#new[this.#firstNew++] : this.#takeOldest(this.#oldest);
    // What was counted is not there: nothing is.
    this.bytes = state === undefined ? 0 : Math.max(0, this.bytes - state.size);
    return state;
  }

  #first(): { readonly place: Uint8Array; left: Uint8Array } | undefined {
    let found: { readonly place: Uint8Array; left: Uint8Array } | undefined;
    const bounds = { gte: Uint8Array.of(this.#number), lt: Uint8Array.of(this.#number + 1), limit: 1 };
    this.#table.scan(bounds, ({ key, value }) => {
      found = { place: new Uint8Array(key.toBuffer()), left: new Uint8Array(value.toBuffer()) };
    });
    return found;
  }

  #takeOldest(oldest: { readonly place: Uint8Array; left: Uint8Array }): QueuedState {
    const { place, left } = oldest;
    const end = QUEUED_BYTES + u16(left, 8);
    oldest.left = left.subarray(end);
    if (oldest.left.length === 0) {
      this.#table.del(place);
      this.#oldest = undefined;
    }
    return { hash: u32(left, 0), size: u32(left, 4), at: left.subarray(QUEUED_BYTES, end) };
  }

  /** Stores what has come, some states in a record. */
  #storeNew(): void {
    const states = this.#new;
    let first = this.#firstNew;
    let length = 0;
    for (let i = first; i < states.length; i++) {
      const more = QUEUED_BYTES + (states[i] as QueuedState).at.length;
      if (length > 0 && length + more > MOST_RECORD_BYTES) {
        this.#storeRecord(states, first, i, length);
        first = i;
        length = 0;
      }
      length += more;
    }
    if (length > 0) this.#storeRecord(states, first, states.length, length);
  }

  #storeRecord(states: readonly QueuedState[], first: number, end: number, length: number): void {
    const place = new Uint8Array(PLACE_BYTES);
    place[0] = this.#number;
    writeU64(place, 1, this.#next++);
    const record = new Uint8Array(length);
    let to = 0;
    for (let i = first; i < end; i++) {
      const { hash, size, at } = states[i] as QueuedState;
      writeU32(record, to, hash);
      writeU32(record, to + 4, size);
      record[to + 8] = at.length >>> 8;
      record[to + 9] = at.length;
      record.set(at, to + QUEUED_BYTES);
      to += QUEUED_BYTES + at.length;
    }
    this.#table.put(place, record);
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
}
