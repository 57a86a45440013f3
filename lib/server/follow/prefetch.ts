import { microtask } from '../../base/clock.ts';
import { OBJECTS } from '../../catalog/own-collections.ts';
import { ID_BYTES, idAt } from '../../key/object-id.ts';
import { hasLinks } from '../../objects/record-links.ts';
import type { Change, Loaded } from '../../versions/engine/engine.ts';
import type { Connection } from '../../wire/connection.ts';
import { Kind, SMALL_VALUE } from '../../wire/protocol.ts';
import { stateSize, writeStates } from '../../wire/states-message.ts';
import type { ServedStore } from '../served-store.ts';
import type { LearnedLink } from './learned-links.ts';
import { MOST_READ, ObjectReader } from './object-reader.ts';
import type { SentObjects } from './sent-objects.ts';

/** What was sent ahead, and not used yet. */
interface Ahead {
  readonly id: number;
  readonly size: number;
  /** How many bytes of it are expected to be in vain. */
  readonly risk: number;
  readonly link: LearnedLink;
  /** Whether it refers to anything. */
  readonly refers: boolean;
}

/** An object that the client has, and how likely it uses it: what it refers to was not sent yet. */
interface Source {
  readonly id: number;
  readonly likely: number;
}

/** What a field refers to, and how likely the client uses it. */
interface Target extends Source {
  readonly link: LearnedLink;
}

/** How many objects a client is expected to ask for, at most: the oldest ones are not any more. */
const MOST_EXPECTED = 16_384;
/** What is sent is used at least so likely. */
const LEAST_LIKELY = 0.8;
/** Of what is sent, at least this part is expected to be in vain. */
const LEAST_RISK = 0.1;
/** What was in vain, and is expected to be, has at most so many bytes, and a part of those that were used: so at most a fifth is in vain, beside these. */
const FREE_BYTES = 32 * 1024;
const PART_OF_USED = 0.25;
/** How many objects wait at most until what they refer to is sent. */
const MOST_SOURCES = 4096;
/** How many bytes one frame has. */
const MOST_BYTES = 64 * 1024;
/** With more in the queue, nothing is sent ahead: answers would wait behind it. */
const MOST_QUEUED = 256 * 1024;

/**
 * Sends one client objects before it asks for them: those to which the objects that it uses refer, by fields that clients have followed as a rule. The client tells which of
 * them it has used.
 */
export class Prefetch {
  /** That of the request PREFETCH: what is sent has it. */
  readonly id: number;
  readonly #store: ServedStore;
  readonly #connection: Connection;
  readonly #sent: SentObjects;
  readonly #reader: ObjectReader;
  /** The number of OBJECTS in this connection. */
  readonly #collection: number;
  /** The objects that would be asked for now, if the client follows a field. */
  readonly #expected = new Map<number, LearnedLink>();
  /** By number, in the order in which they were sent. */
  readonly #ahead = new Map<number, Ahead>();
  readonly #numbers = new Map<number, number>();
  /** The objects that were used, the last one at the end; those that were sent ahead, the first one at the beginning. */
  #near: Source[] = [];
  #far: Source[] = [];
  #next = 1;
  #isScheduled = false;
  #usedBytes = 0;
  #risk = 0;

  constructor(id: number, store: ServedStore, connection: Connection, sent: SentObjects, collection: number) {
    this.id = id;
    this.#store = store;
    this.#connection = connection;
    this.#sent = sent;
    this.#reader = new ObjectReader(store.engine);
    this.#collection = collection;
  }

  /** The client has asked for a state, and gets it. What is sent ahead comes behind it. */
  asked({ collection, key, tid, bytes }: Loaded): void {
    if (collection !== OBJECTS || key.length !== ID_BYTES) return;
    const id = idAt(key, 0);
    // What was sent ahead came too late, or was dropped.
    const number = this.#numbers.get(id);
    if (number !== undefined) this.#settle(number, false, true);
    this.#sent.add(id, tid);
    this.#touched(id, bytes);
    this.#sendSoon();
  }

  /** The same for several, which are being written. */
  askedMany(states: readonly Loaded[]): void {
    microtask(() => {
      if (!this.#connection.isClosed) for (const state of states) this.asked(state);
    });
  }

  /** The client has used what have these numbers. */
  used(numbers: readonly number[]): void {
    for (const number of numbers) {
      const ahead = this.#ahead.get(number);
      if (ahead === undefined) continue;
      this.#settle(number, true);
      this.#touched(ahead.id, ahead.refers ? this.#read(ahead.id)?.bytes : undefined);
    }
    this.#sendSoon();
  }

  /** What a commit changes is of no use any more. */
  changed({ changes }: Change): void {
    if (this.#ahead.size === 0) return;
    for (const { collection, keys } of changes) {
      if (collection !== OBJECTS) continue;
      for (const key of keys ?? []) {
        const number = this.#numbers.get(idAt(key, 0));
        if (number !== undefined) this.#settle(number, false);
      }
      if (keys === undefined) this.#settleAll();
    }
  }

  close(): void {
    this.#settleAll();
    this.#expected.clear();
  }

  #settleAll(): void {
    for (const number of [...this.#ahead.keys()]) this.#settle(number, false);
  }

  #settle(number: number, isUsed: boolean, isWanted: boolean = isUsed): void {
    const { id, size, risk, link } = this.#ahead.get(number) as Ahead;
    this.#ahead.delete(number);
    this.#numbers.delete(id);
    this.#risk -= risk;
    const { counters } = this.#store;
    if (isUsed) {
      counters.prefetchUsed++;
      this.#usedBytes += size;
    } else {
      counters.prefetchWasted++;
      this.#risk += size;
      if (!isWanted) link.add(false);
    }
  }

  /** The client has an object: learns from that. */
  #touched(id: number, record: Uint8Array | undefined): void {
    this.#expected.get(id)?.add(true);
    this.#expected.delete(id);
    if (record === undefined || !hasLinks(record)) return;
    this.#eachLink(record, (target, link) => {
      if (!this.#expected.has(target)) this.#expected.set(target, link);
    });
    while (this.#expected.size > MOST_EXPECTED) {
      const [oldest, link] = this.#expected.entries().next().value as [number, LearnedLink];
      this.#expected.delete(oldest);
      link.add(false);
    }
    this.#near.push({ id, likely: 1 });
    if (this.#near.length > 2 * MOST_SOURCES) this.#near = this.#near.slice(MOST_SOURCES);
  }

  /** When all requests that have come are answered: what one of them asks for must not be sent twice. */
  #sendSoon(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    microtask(() => {
      this.#isScheduled = false;
      if (!this.#connection.isClosed) this.#sendAhead();
    });
  }

  /** What was used last is first. What is further away leaves half of the room to that. */
  #sendAhead(): void {
    if (this.#connection.queued > MOST_QUEUED) return;
    const states: Loaded[] = [];
    const room = FREE_BYTES + PART_OF_USED * this.#usedBytes;
    let size = 0;
    const first = this.#next;
    const isRoom = (part: number): boolean => this.#risk < room * part && size < MOST_BYTES;
    const take = (state: Loaded): void => {
      states.push(state);
      size += stateSize(state);
    };
    while (this.#near.length > 0 && isRoom(1)) this.#sendTargets(this.#near.pop() as Source, take);
    let at = 0;
    while (at < this.#far.length && isRoom(0.5)) this.#sendTargets(this.#far[at++] as Source, take);
    this.#far = this.#far.slice(Math.max(at, this.#far.length - MOST_SOURCES));
    if (states.length === 0) return;
    const { out } = this.#connection;
    out.begin(Kind.SENT, 0, this.id, 0);
    out.u32(first);
    writeStates(out, states, () => this.#collection);
    out.end();
    this.#connection.schedule();
  }

  /** Sends that to which an object refers, and that the client does not have. */
  #sendTargets({ id, likely }: Source, take: (state: Loaded) => void): void {
    const record = this.#read(id)?.bytes;
    if (record === undefined) return;
    const targets: Target[] = [];
    this.#eachLink(record, (target, link) => {
      const next = likely * link.rate;
      if (next >= LEAST_LIKELY) targets.push({ id: target, link, likely: next });
    });
    for (let at = 0; at < targets.length; ) {
      const states = this.#readSome(targets.slice(at, at + MOST_READ).map(({ id: target }) => target));
      for (const state of states) this.#sendTarget(targets[at++] as Target, state, take);
      if (states.length === 0) return;
    }
  }

  #sendTarget({ id: target, link, likely: next }: Target, state: Loaded, take: (state: Loaded) => void): void {
    if (state.bytes === undefined || state.bytes.length > SMALL_VALUE) return;
    if (this.#sent.add(target, state.tid)) return;
    const size = stateSize(state);
    const risk = size * Math.max(LEAST_RISK, 1 - next);
    const refers = hasLinks(state.bytes);
    this.#ahead.set(this.#next, { id: target, size, risk, link, refers });
    this.#numbers.set(target, this.#next);
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
    this.#risk += risk;
    this.#store.counters.prefetched++;
    take(state);
    if (refers) this.#far.push({ id: target, likely: next });
  }

  /** The states of the first ones of these objects, as ObjectReader gives them; none if they cannot be read. */
  #readSome(ids: readonly number[]): Loaded[] {
    try {
      return this.#reader.read(ids, this.#store.engine.processed());
    } catch {
      return [];
    }
  }

  #eachLink(record: Uint8Array, fn: (target: number, link: LearnedLink) => void): void {
    const { links, learned } = this.#store;
    const found = links.get()?.classOf(record);
    if (found === undefined) return;
    const read = found.read(record);
    for (const field of found.fields) {
      const link = learned.of(found, field);
      for (const target of read(field)) fn(target, link);
    }
  }

  #read(id: number): Loaded | undefined {
    return this.#readSome([id])[0];
  }
}
