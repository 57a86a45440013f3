import { OBJECTS } from '../../../catalog/own-collections.ts';
import type { Change, Loaded, StateKey, Tid } from '../../../versions/engine/engine.ts';
import type { BlockReader } from '../../../wire/block-reader.ts';
import { payloadOf, unexpected } from '../../../wire/connection.ts';
import type { Frame } from '../../../wire/frame-reader.ts';
import { FIN, Kind } from '../../../wire/protocol.ts';
import { readStates } from '../../../wire/states-message.ts';
import type { CollectionNumbers } from '../collection-numbers.ts';
import type { AskedSession, Operation } from '../operation.ts';
import { type PrefetchCounters, SentStates } from './sent-states.ts';

/** The server is told that objects were used when so many were, or something must be asked anyway. */
const REPORT_AFTER = 32;

/** Objects that the server sends before they are asked for, as long as the connection lasts. */
export class PrefetchOperation implements Operation {
  readonly stays = true;
  readonly isPatient = true;
  readonly #numbers: CollectionNumbers;
  readonly #states = new SentStates();
  #session: AskedSession | undefined;
  #id = 0;

  constructor(numbers: CollectionNumbers) {
    this.#numbers = numbers;
  }

  get counters(): PrefetchCounters {
    return { ...this.#states.counters };
  }

  /** Takes the states that were sent, and returns the keys of the others. */
  missing(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): StateKey[] {
    const missing: StateKey[] = [];
    for (const key of keys) {
      const sent = this.#find(key, at);
      if (sent === undefined) missing.push(key);
      else take(sent);
    }
    return missing;
  }

  /** What is not here must be asked for, and what was used is told before. */
  #find(key: StateKey, at: Tid): Loaded | undefined {
    if (key.collection !== OBJECTS) return undefined;
    const found = this.#states.find(key, at);
    const { unreported } = this.#states;
    if (unreported >= REPORT_AFTER || (unreported > 0 && found === undefined)) this.#report();
    return found;
  }

  send(session: AskedSession, id: number): void {
    this.#states.clear();
    this.#session = session;
    this.#id = id;
    const number = this.#numbers.numberIn(session, OBJECTS);
    session.out.begin(Kind.PREFETCH, FIN, id, number);
    session.out.end();
  }

  frame(frame: Frame, _reader: BlockReader): boolean {
    if (frame.kind !== Kind.SENT) throw unexpected(frame);
    const payload = payloadOf(frame);
    let number = payload.u32();
    readStates(
      payload,
      (collection) => this.#numbers.nameOf(collection),
      (state) => this.#states.add(state, number++),
    );
    payload.finish();
    return false;
  }

  changed(change: Change): void {
    this.#states.apply(change);
  }

  /** The server does not do it: everything is asked for. */
  fail(): void {
    this.#session = undefined;
    this.#states.clear();
  }

  #report(): void {
    const used = this.#states.takeUsed();
    const session = this.#session;
    if (session === undefined || !session.isOpen) return;
    session.out.begin(Kind.USED, FIN, this.#id, 0);
    session.out.u32(used.length);
    for (const number of used) session.out.u32(number);
    session.out.end();
    session.schedule();
  }
}
