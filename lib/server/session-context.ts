import type { Connection } from '../wire/connection.ts';
import { isTold, writeError } from '../wire/error-message.ts';
import { protocolError } from '../wire/payload.ts';
import { FIN, Kind } from '../wire/protocol.ts';
import type { Prefetch } from './follow/prefetch.ts';
import { SentObjects } from './follow/sent-objects.ts';
import { OpenedCollections } from './opened-collections.ts';
import type { Rights } from './rights/rights.ts';
import type { ServedStore } from './served-store.ts';
import { type Stream, Streams } from './streams.ts';

/** What the requests of one client have in common. */
export class SessionContext {
  readonly store: ServedStore;
  readonly connection: Connection;
  readonly rights: Rights;
  readonly streams: Streams;
  readonly collections: OpenedCollections;
  /** Set if the client wants objects before it asks for them. */
  prefetch: Prefetch | undefined;
  /** The requests that wait for something, by id. */
  readonly #waiting = new Set<number>();

  readonly #ended: () => void;
  #sentObjects: SentObjects | undefined;

  /** `ended`: called when an answer that took its time has been written, and when more requests can be read. */
  constructor(store: ServedStore, connection: Connection, rights: Rights, ended: () => void) {
    this.store = store;
    this.connection = connection;
    this.rights = rights;
    this.streams = new Streams(connection, store.limits.streams, ended);
    this.collections = new OpenedCollections();
    this.#ended = ended;
  }

  /** What the client was sent by FOLLOW. */
  sentObjects(): SentObjects {
    this.#sentObjects ??= new SentObjects();
    return this.#sentObjects;
  }

  /** Whether a request has no answer yet. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.streams.isBusy;
  }

  /** Adds an answer in several frames. `checkStreams` must have been called for its id. */
  addStream(stream: Stream): void {
    this.streams.add(stream);
  }

  /** `ERR_PROTOCOL` unless a request may be answered in several frames. */
  checkStreams(id: number): void {
    if (this.streams.has(id)) throw protocolError(`the id ${id} is in use`);
    this.#checkRequests();
  }

  /** Answers a request later. The promise that it returns is fulfilled after the answer was written, never rejected. `ERR_PROTOCOL` if too many wait: then nothing was begun. */
  later<T>(id: number, begin: () => Promise<T>, answer: (value: T) => void): Promise<void> {
    if (this.#waiting.has(id)) throw protocolError(`the id ${id} is in use`);
    this.#checkRequests();
    const wait = begin();
    this.#waiting.add(id);
    return this.#settle(id, wait, answer);
  }

  /** No call of `then`, which a program may have replaced: an answer that never comes would leave the client waiting. */
  async #settle<T>(id: number, wait: Promise<T>, answer: (value: T) => void): Promise<void> {
    try {
      let tell: () => void;
      try {
        const value = await wait;
        tell = () => answer(value);
      } catch (error) {
        tell = () => this.error(id, error);
      }
      this.#waiting.delete(id);
      if (this.connection.isClosed) return;
      tell();
      this.connection.schedule();
      this.#ended();
    } catch (error) {
      this.connection.fail(error);
    }
  }

  /** More requests can be read. */
  moved(): void {
    this.#ended();
  }

  #checkRequests(): void {
    // Those that are endless have a limit of their own.
    if (this.#waiting.size + this.streams.size - this.streams.endless >= this.store.limits.requests) {
      throw protocolError(`more than ${this.store.limits.requests} requests wait for an answer`);
    }
  }

  error(id: number, error: unknown): void {
    const { out } = this.connection;
    out.begin(Kind.ERROR, FIN, id, 0);
    writeError(out, error);
    out.end();
    this.store.counters.errors++;
    if (!isTold(error)) this.store.tell(error as Error);
  }

  json(id: number, value: unknown): void {
    const { out } = this.connection;
    const text = JSON.stringify(value);
    out.begin(Kind.ANSWER, FIN, id, 0);
    out.text(text);
    out.end();
  }

  number(id: number, ...values: number[]): void {
    const { out } = this.connection;
    out.begin(Kind.NUMBER, FIN, id, 0);
    for (const value of values) out.u64(value);
    out.end();
  }
}
