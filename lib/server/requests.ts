import { LeaseholdError } from '../base/errors.ts';
import { OwnMap } from '../base/own-map.ts';
import type { Change } from '../versions/engine/engine.ts';
import type { Connection } from '../wire/connection.ts';
import { payloadOf, unexpected } from '../wire/connection.ts';
import type { Frame } from '../wire/frame-reader.ts';
import { protocolError } from '../wire/payload.ts';
import { Kind } from '../wire/protocol.ts';
import { call } from './calls.ts';
import { ChangeStream } from './change-stream.ts';
import { CommitRequests } from './commits/commit-requests.ts';
import { follow } from './follow/follow-request.ts';
import { pipeline } from './follow/pipeline-request.ts';
import { beginPrefetch, used } from './follow/prefetch-requests.ts';
import { answerGets } from './native-answers.ts';
import { isObjectCall, objectCall } from './object-calls.ts';
import { count, get, getMany, scan } from './read-requests.ts';
import { forbidden, type Rights } from './rights/rights.ts';
import type { ServedStore } from './served-store.ts';
import { SessionContext } from './session-context.ts';
import type { Streams } from './streams.ts';

const MOST_HOLDS = 10_000;
const MOST_CLAIMED = 2 ** 20;

/** The requests of a client, once it is known. Each gets one answer, or an error. Those that can be answered at once are, in their order. */
export class Requests {
  readonly #context: SessionContext;
  readonly #commits: CommitRequests;
  /** The snapshots that the client wants to be kept, by id of the request. */
  readonly #holds = new OwnMap<number, () => void>();

  #isLeaving = false;

  /** `ended`: called when an answer that took its time has been written. */
  constructor(store: ServedStore, connection: Connection, rights: Rights, ended: () => void) {
    this.#context = new SessionContext(store, connection, rights, ended);
    this.#commits = new CommitRequests(this.#context);
  }

  get streams(): Streams {
    return this.#context.streams;
  }

  get isBusy(): boolean {
    return this.#context.isBusy;
  }

  /** Whether the requests that have no answer take so much memory that no more must be read. */
  get isFull(): boolean {
    return this.#commits.isFull;
  }

  get holds(): number {
    return this.#holds.size;
  }

  /** From now on, requests get no answer: the client asks them again elsewhere. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** `ERR_PROTOCOL`: the connection must end. Other errors go to the client as the answer. */
  take(frame: Frame): void {
    const { id } = frame;
    try {
      this.#take(frame);
    } catch (error) {
      if (error instanceof LeaseholdError && error.code === 'ERR_PROTOCOL') throw error;
      this.#context.error(id, error);
    }
  }

  /** Takes the frames GET from byte `at` on, as far as they can be answered together. Returns how many bytes they have. */
  takeGets(bytes: Uint8Array, at: number, to: number): number {
    try {
      return answerGets(this.#context, bytes, at, to);
    } catch {
      // The first of them fails again, alone, and gets the error as its answer.
      return 0;
    }
  }

  /** The client was told a commit. */
  told(change: Change): void {
    this.#context.prefetch?.changed(change);
  }

  close(): void {
    this.#context.prefetch?.close();
    this.#commits.close();
    this.streams.closeAll();
    this.#holds.forEach((release) => {
      release();
    });
    this.#holds.clear();
  }

  #take(frame: Frame): void {
    const context = this.#context;
    if (this.#isLeaving && frame.kind !== Kind.CREDIT && frame.kind !== Kind.CANCEL) return;
    context.store.counters.requests++;
    switch (frame.kind) {
      case Kind.GET:
        get(context, frame);
        break;
      case Kind.GET_MANY:
        getMany(context, frame);
        break;
      case Kind.SCAN:
        scan(context, frame);
        break;
      case Kind.PIPELINE:
        pipeline(context, frame);
        break;
      case Kind.FOLLOW:
        follow(context, frame);
        break;
      case Kind.PREFETCH:
        beginPrefetch(context, frame);
        break;
      case Kind.USED:
        used(context, frame);
        break;
      case Kind.COUNT:
        count(context, frame);
        break;
      case Kind.CREDIT:
        context.streams.credit(frame.id, payloadOf(frame).u32());
        break;
      case Kind.CANCEL:
        context.streams.cancel(frame.id);
        break;
      case Kind.OPEN:
        context.collections.open(frame.collection, payloadOf(frame).json());
        break;
      case Kind.COMMIT:
        this.#commits.take(frame);
        break;
      case Kind.CHANGES:
        this.#changes(frame);
        break;
      case Kind.HOLD:
        this.#hold(frame);
        break;
      case Kind.RELEASE:
        this.#release(frame.id);
        break;
      case Kind.CLAIM:
        this.#claim(frame);
        break;
      case Kind.CALL:
        this.#call(frame.id, payloadOf(frame).json());
        break;
      default:
        throw unexpected(frame);
    }
  }

  #call(id: number, request: { readonly [field: string]: unknown }): void {
    const context = this.#context;
    if (!isObjectCall(request)) context.json(id, call(context, request));
    else {
      void context.later(
        id,
        () => objectCall(context, request),
        (answer) => context.json(id, answer),
      );
    }
  }

  /** u64 the commit after which they begin, u32 credit. */
  #changes(frame: Frame): void {
    const context = this.#context;
    const payload = payloadOf(frame);
    const after = payload.u64();
    const credit = payload.u32();
    payload.finish();
    context.checkStreams(frame.id);
    const most = context.store.limits.streams;
    if (context.streams.endless >= most) {
      throw new LeaseholdError(
        'ERR_BUSY',
        `a connection watches at most ${most} times at once: end one before, or see the option limits.streams of the server`,
      );
    }
    context.addStream(
      new ChangeStream(frame.id, context.store, context.rights, after, credit, () => context.streams.pump()),
    );
  }

  /** u64 the commit as of which the client will read. */
  #hold(frame: Frame): void {
    const payload = payloadOf(frame);
    const at = payload.u64();
    payload.finish();
    if (this.#holds.has(frame.id)) throw protocolError(`the id ${frame.id} is in use`);
    if (this.#holds.size >= MOST_HOLDS) {
      throw new LeaseholdError(
        'ERR_BUSY',
        `a client holds at most ${MOST_HOLDS} snapshots: close views that are not needed`,
      );
    }
    this.#holds.set(frame.id, this.#context.store.engine.hold(at));
    this.#context.number(frame.id, at);
  }

  #release(id: number): void {
    this.#holds.get(id)?.();
    this.#holds.delete(id);
  }

  /** u32 how many ids. */
  #claim(frame: Frame): void {
    const context = this.#context;
    const payload = payloadOf(frame);
    const count = payload.u32();
    payload.finish();
    if (count > MOST_CLAIMED) throw protocolError(`a client claims at most ${MOST_CLAIMED} ids at a time`);
    if (!context.rights.isAll) throw forbidden(context.rights.name, `make objects: that takes a grant to write '*'`);
    const { id } = frame;
    void context.later(
      id,
      () => context.store.engine.claimIds(count),
      ([first, last]) => context.number(id, first, last),
    );
  }
}
