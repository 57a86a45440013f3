import { READ } from '../../cache/trace/trace-batch.ts';
import { ITEMS } from '../../catalog/own-collections.ts';
import { ITEM_COUNT, ITEM_END, ITEM_ENTRY } from '../../key/item-key.ts';
import { ID_BYTES, putId } from '../../key/object-id.ts';
import { FRAME_LARGE_BYTES } from '../../native/constants.ts';
import type { CheckedHints } from '../../objects/hints.ts';
import { DICTIONARY, hasLinks, type LinkedClass, linksIn, type RecordLinks } from '../../objects/record-links.ts';
import type { FollowedRows, Loaded } from '../../versions/engine/engine.ts';
import type { NumberOf } from '../../wire/commit-message.ts';
import { writeFollowed } from '../../wire/follow-message.ts';
import type { FrameWriter } from '../../wire/frame-writer.ts';
import { FIN, Kind, ROWS_BYTES } from '../../wire/protocol.ts';
import { stateSize } from '../../wire/states-message.ts';
import type { ServedStore } from '../served-store.ts';
import type { Stream } from '../streams.ts';
import { MOST_READ, ObjectReader } from './object-reader.ts';
import type { SentObjects } from './sent-objects.ts';

/** What is to be sent: an object and what its hints name, or the rows of a collection behind a key. */
interface Wanted {
  readonly id: number;
  readonly hints: CheckedHints;
  readonly rowsAfter?: Uint8Array | null;
}

export interface FollowOptions {
  readonly ids: readonly number[];
  readonly hints: CheckedHints;
  readonly at: number;
  readonly credit: number;
  readonly budget: number;
}

/** About how many bytes of rows are read at once. */
const ROWS_AT_ONCE = 16 * 1024;
/** How many objects are looked at for one frame at most: those that are not sent take time too. */
const MOST_LOOKED = 1000;
/** The least bytes that an object costs of the budget: so the budget bounds how many wait. */
const LEAST_BYTES = 32;

/**
 * Objects and what their references lead to, breadth first, as far as hints name it: see Hints. An object that the client was sent before, and that has not changed since, is
 * followed, but not sent.
 */
export class FollowStream implements Stream {
  readonly id: number;
  credit: number;
  readonly isIdle = false;
  readonly #store: ServedStore;
  readonly #links: RecordLinks;
  readonly #sent: SentObjects;
  readonly #numberOf: NumberOf;
  readonly #at: number;
  #budget: number;
  readonly #reader: ObjectReader;
  #queue: Wanted[];
  /** The first one in the queue that was not looked at. */
  #next = 0;
  /** The objects to read next, which come before the queue. */
  #batch: Wanted[] = [];
  /** The objects that were looked at, for each place in the hints. */
  readonly #seen = new Map<CheckedHints, Set<number>>();
  #release: (() => void) | undefined;
  #states: Loaded[] = [];
  #ranges: FollowedRows[] = [];
  #size = 0;

  constructor(
    id: number,
    store: ServedStore,
    { ids, hints, at, credit, budget }: FollowOptions,
    { links, sent, numberOf }: { links: RecordLinks; sent: SentObjects; numberOf: NumberOf },
  ) {
    this.id = id;
    this.credit = credit;
    this.#store = store;
    this.#reader = new ObjectReader(store.engine);
    this.#links = links;
    this.#sent = sent;
    this.#numberOf = numberOf;
    this.#at = at;
    this.#budget = budget;
    this.#queue = ids.map((each) => ({ id: each, hints }));
  }

  write(out: FrameWriter): boolean {
    for (let looked = 0; looked < MOST_LOOKED && this.#size < ROWS_BYTES && !this.#isDone; ) {
      if (this.#batch.length === 0) looked += this.#fillBatch();
      if (this.#batch.length > 0) this.#readBatch();
      else if (this.#queue[this.#next]?.rowsAfter !== undefined) this.#rows(this.#queue[this.#next++] as Wanted);
    }
    const isLast = this.#isDone;
    // The others are read as of the same commit.
    if (!isLast) this.#release ??= this.#store.engine.tryHold(this.#at);
    out.begin(Kind.FOLLOWED, isLast ? FIN : 0, this.id, 0);
    writeFollowed(out, this.#states, this.#ranges, this.#numberOf);
    out.end();
    this.#states = [];
    this.#ranges = [];
    this.#size = 0;
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
    return isLast;
  }

  close(): void {
    this.#release?.();
    this.#release = undefined;
  }

  get #isDone(): boolean {
    return (this.#next === this.#queue.length && this.#batch.length === 0) || this.#budget <= 0;
  }

  /** Takes the next objects from the queue, up to rows of a collection. Returns how many things it has looked at. */
  #fillBatch(): number {
    const first = this.#next;
    while (this.#next < this.#queue.length && this.#next - first < MOST_READ) {
      const wanted = this.#queue[this.#next] as Wanted;
      if (wanted.rowsAfter !== undefined) break;
      this.#next++;
      if (!this.#isSeen(wanted.id, wanted.hints)) this.#batch.push(wanted);
    }
    return Math.max(1, this.#next - first);
  }

  #readBatch(): void {
    const ids = this.#batch.map(({ id }) => id);
    const states = this.#reader.read(ids, this.#at);
    for (let i = 0; i < states.length && this.#budget > 0; i++) {
      this.#object(this.#batch[i] as Wanted, states[i] as Loaded);
    }
    this.#batch = this.#batch.slice(states.length);
  }

  #object({ id, hints }: Wanted, state: Loaded): void {
    const { bytes } = state;
    this.#send(state, this.#sent.add(id, state.tid));
    const found = bytes === undefined ? undefined : this.#links.classOf(bytes);
    if (bytes === undefined || found === undefined) return;
    if (hints.fields.length > 0 && hasLinks(bytes)) {
      const idsIn = found.read(bytes);
      for (const { name, hints: inner } of hints.fields) this.#want(idsIn(name), inner);
    }
    if (found.isCollection) this.#collection(id, found, hints);
  }

  /** Of a root only the entries are wanted that hints name. */
  #collection(id: number, { name }: LinkedClass, hints: CheckedHints): void {
    if (name !== DICTIONARY) {
      this.#queue.push({ id, hints, rowsAfter: null });
      return;
    }
    for (const { name: entry, hints: inner } of hints.fields) {
      const key = Buffer.concat([rowBytes(id, ITEM_ENTRY), Buffer.from(entry)]);
      const state = this.#store.engine.lend({ collection: ITEMS, key }, this.#at);
      this.#send(state, false);
      if (state.bytes !== undefined) this.#want(linksIn(state.bytes), inner);
    }
  }

  #rows({ id, hints, rowsAfter }: Wanted): void {
    const after = rowsAfter ?? undefined;
    const bounds = {
      lower: rowBytes(id, ITEM_COUNT),
      lowerOpen: false,
      upper: rowBytes(id, ITEM_END),
      upperOpen: true,
    };
    const { rows, complete } = this.#store.engine.rows(ITEMS, bounds, this.#at, after, ROWS_AT_ONCE);
    // The client asks for these rows itself.
    if (rows.some(({ bytes }) => bytes.length > FRAME_LARGE_BYTES)) return;
    const range = {
      ...(after === undefined ? bounds : { ...bounds, lower: after, lowerOpen: true }),
      ...(complete !== undefined && { upper: complete, upperOpen: false }),
    };
    this.#ranges.push({ collection: ITEMS, range, rows });
    this.#count(rows.reduce((size, { key, bytes }) => size + 16 + key.length + bytes.length, LEAST_BYTES));
    for (const { key, tid, bytes } of rows) {
      this.#store.trace?.record(READ, ITEMS, key, bytes.length, tid);
      if (key[ID_BYTES] === ITEM_ENTRY) this.#want(linksIn(bytes), hints);
    }
    if (complete !== undefined) this.#queue.push({ id, hints, rowsAfter: complete });
  }

  #want(ids: readonly number[], hints: CheckedHints): void {
    for (const id of ids) {
      if ((this.#queue.length - this.#next) * LEAST_BYTES > this.#budget) return;
      this.#queue.push({ id, hints });
    }
  }

  #isSeen(id: number, hints: CheckedHints): boolean {
    let seen = this.#seen.get(hints);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(hints, seen);
    }
    if (seen.has(id)) return true;
    seen.add(id);
    return false;
  }

  #send(state: Loaded, isKnown: boolean): void {
    if (isKnown) {
      this.#budget -= LEAST_BYTES;
      return;
    }
    const { collection, key, bytes, tid } = state;
    this.#store.trace?.record(READ, collection, key, bytes?.length ?? 0, tid);
    this.#states.push(state);
    this.#count(stateSize(state));
  }

  #count(size: number): void {
    this.#size += size;
    this.#budget -= size;
  }
}

function rowBytes(owner: number, kind: number): Uint8Array {
  const key = new Uint8Array(ID_BYTES + 1);
  putId(key, 0, owner);
  key[ID_BYTES] = kind;
  return key;
}
