import { checkSize } from '../../base/check-arguments.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { notThenable, typedArrayLength } from '../../base/primordials.ts';
import { checkRequest } from '../../versions/engine/check-request.ts';
import type {
  Change,
  CommitAnswer,
  CommitRequest,
  Engine,
  EngineBounds,
  FollowRequest,
  FollowTaker,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../../versions/engine/engine.ts';
import type { PipelineStep } from '../../versions/engine/pipeline-step.ts';
import { storeClosed } from '../../versions/engine/store-closed.ts';
import type { Payload } from '../../wire/payload.ts';
import { Kind } from '../../wire/protocol.ts';
import { writeByteRange } from '../../wire/range-message.ts';
import { claimedIds } from './answers.ts';
import { CollectionNumbers } from './collection-numbers.ts';
import { FollowOperation, followRequests, followSize } from './follow-operation.ts';
import { RemoteHistory } from './history/remote-history.ts';
import { HoldOperation } from './hold-operation.ts';
import { batchesOf } from './key-batches.ts';
import { Link } from './link.ts';
import { GetManyOperation, GetOperation } from './load-operation.ts';
import type { AskedSession, Operation } from './operation.ts';
import { PipelineOperation, sizeOfSteps } from './pipeline-operation.ts';
import { PrefetchOperation } from './prefetch/prefetch-operation.ts';
import { guarded, RangeOperation, rowValue } from './range-operation.ts';
import { RemoteChanges } from './remote-changes.ts';
import type { RemoteOptions } from './remote-options.ts';
import { CommitOperation, RequestOperation } from './request-operation.ts';
import { boundsSize, checkRequestSize } from './request-size.ts';

const HERE: Promise<void> = Promise.resolve();
const FEATURES: ReadonlySet<string> = new Set();

/**
 * The engine on a server. What was asked and not answered when a connection is lost is asked again on the next one, on which the commits that were missed are
 * told first. So its users see a pause, or, after `timeout`, requests that fail with `ERR_DISCONNECTED`.
 */
export class RemoteEngine implements Engine {
  readonly features: ReadonlySet<string> = FEATURES;
  readonly numbers: CollectionNumbers = new CollectionNumbers();
  readonly #mostValue: number;
  readonly #history: RemoteHistory;
  readonly #link: Link;
  /** What comes before it is asked for; undefined if nothing is wanted so. */
  readonly prefetch: PrefetchOperation | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  private constructor(options: RemoteOptions) {
    this.#mostValue = options.mostValue;
    this.#history = new RemoteHistory(this, options);
    this.prefetch = options.prefetch === true ? new PrefetchOperation(this.numbers) : undefined;
    this.#link = new Link(options, {
      hello: () => this.#history.hello(),
      welcome: (hello) => this.#history.welcome(hello),
      change: (change) => this.#history.tell(change),
      ended: (error) => this.#end(error),
      state: (state) => this.#history.state(state),
    });
  }

  /** Connects to a server. `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_PROTOCOL`: with `wait: false` and `seen`, the engine ends with these two, and goes on trying otherwise. */
  static async connect(options: RemoteOptions): Promise<RemoteEngine> {
    const engine = new RemoteEngine(options);
    if (options.wait === false && options.seen !== undefined) {
      engine.#history.beginAway(options.seen);
      engine.#link.begin();
    } else await engine.#link.connect();
    if (engine.prefetch !== undefined) engine.#link.ask(engine.prefetch);
    return engine;
  }

  get storeId(): string {
    return this.#history.server.storeId;
  }

  /** Whether the server that answers now refuses writes. */
  get isReadOnly(): boolean {
    return this.#link.isReadOnly;
  }

  /** Whether a server can be asked now. */
  get isConnected(): boolean {
    return this.#link.session !== undefined;
  }

  processed(): Tid {
    return this.#history.processed;
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): Promise<void> {
    const isKnown = this.#ended === undefined && at <= this.#history.processed;
    const asked = isKnown && this.prefetch !== undefined ? this.prefetch.missing(keys, at, take) : keys;
    // No promise is made for what is here.
    if (asked !== keys && (asked as StateKey[]).length === 0) return HERE;
    const only = Array.isArray(asked) && asked.length === 1 ? (asked[0] as StateKey) : undefined;
    return only === undefined ? this.#loadMany(asked, at, take) : this.#loadOne(only, at, take);
  }

  /** The state of one key. Calls `take`, then `done`; or else `fail`. `ERR_SNAPSHOT_LOST`, `ERR_KEY_SIZE`, `ERR_ENV_CLOSED` at once. */
  loadOne(key: StateKey, at: Tid, take: (state: Loaded) => void, done: () => void, fail: (error: Error) => void): void {
    this.#checkAt(at);
    this.checkFits(typedArrayLength(key.key));
    this.#link.ask(new GetOperation(key, at, this.numbers.numberIn, this.#mostValue, take, done, fail));
  }

  #loadOne(key: StateKey, at: Tid, take: (state: Loaded) => void): Promise<void> {
    return new Promise((resolve, reject) => this.loadOne(key, at, take, resolve, reject));
  }

  async #loadMany(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): Promise<void> {
    this.#checkAt(at);
    const wait: Promise<void>[] = [];
    for (const some of batchesOf(keys, this.#history.server.limits.request)) {
      for (const { key } of some) this.checkFits(typedArrayLength(key));
      const [first] = some as [StateKey];
      wait.push(some.length === 1 ? this.#loadOne(first, at, take) : this.#loadSome(some, at, take));
    }
    await Promise.all(wait);
  }

  async #loadSome(keys: readonly StateKey[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    const { numberIn } = this.numbers;
    const large = await this.#ask<readonly StateKey[]>((done) => new GetManyOperation(keys, at, numberIn, take, done));
    for (const key of large) await this.#loadOne(key, at, take);
  }

  async pipeline(steps: readonly PipelineStep[], at: Tid, take: (state: Loaded) => void): Promise<void> {
    this.#checkAt(at);
    this.checkFits(sizeOfSteps(steps));
    await this.#ask<void>((done) => new PipelineOperation(steps, at, this.numbers, take, done));
  }

  async follow(request: FollowRequest, taker: FollowTaker): Promise<void> {
    this.#checkAt(request.at);
    for (const each of followRequests(request)) {
      this.checkFits(followSize(each));
      await this.#ask<void>((done) => new FollowOperation(each, this.numbers, taker, done));
    }
  }

  async range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    this.#checkAt(at);
    this.checkFits(boundsSize(bounds));
    const { numberIn } = this.numbers;
    const load = (key: Uint8Array): Promise<Uint8Array> =>
      rowValue((taken) => this.#loadOne({ collection, key }, at, taken));
    await guarded(take, (guard) =>
      this.#ask<void>((done) => new RangeOperation(collection, bounds, at, credit, numberIn, guard, done, load)),
    );
  }

  /** How many keys a range has as of a commit. */
  async count(collection: string, bounds: EngineBounds, at: Tid): Promise<number> {
    this.#checkAt(at);
    this.checkFits(boundsSize(bounds));
    const write = ({ out }: AskedSession): void => {
      out.u64(at);
      writeByteRange(out, bounds, 0);
    };
    const number = (session: AskedSession): number => this.numbers.numberIn(session, collection);
    return this.request(Kind.COUNT, write, Kind.NUMBER, (payload) => payload.u64(), number);
  }

  /** `answered` is called when the server has said whether it keeps the snapshot. */
  hold(at: Tid, answered?: (error: Error | undefined) => void): () => void {
    this.#checkAt(at);
    const holding = new HoldOperation(at, answered);
    this.#link.ask(holding);
    return () => {
      if (holding.release()) this.#link.cancel(holding);
    };
  }

  changes(after: Tid): RemoteChanges {
    this.#checkOpen();
    checkSize(after, 'after', 0, Number.MAX_SAFE_INTEGER);
    const changes = new RemoteChanges(after, (self) => this.#link.cancel(self));
    this.#link.ask(changes);
    return changes;
  }

  onChange(fn: (change: Change) => void): () => void {
    this.#checkOpen();
    return this.#history.listeners.onChange(fn);
  }

  onGap(fn: GapListener): () => void {
    this.#checkOpen();
    return this.#history.listeners.onGap(fn);
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.#checkOpen();
    return this.#history.listeners.onEnd(fn);
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    checkRequest(request);
    this.#checkAt(request.base);
    if (request.writes.length === 0) return { tid: request.base };
    return this.#ask((done) => new CommitOperation(request, this.numbers, done));
  }

  async claimIds(count: number): Promise<[first: number, last: number]> {
    checkSize(count, 'count', 1, 2 ** 20);
    return this.request(Kind.CLAIM, ({ out }) => out.u32(count), Kind.NUMBER, claimedIds(count));
  }

  /** Asks what has one frame as its answer. `collection` gives the number of the collection that it concerns. */
  request<T>(
    kind: number,
    write: (session: AskedSession) => void,
    answer: number,
    read: (payload: Payload) => T,
    collection?: (session: AskedSession) => number,
  ): Promise<T> {
    this.#checkOpen();
    return this.#ask((done) => new RequestOperation(kind, write, answer, read, done, collection));
  }

  /** `ERR_KEY_SIZE` if a request with so many bytes is larger than the server takes. */
  checkFits(length: number): void {
    checkRequestSize(length, this.#history.server.limits.request);
  }

  close(): void {
    this.#link.close(undefined);
  }

  #ask<T>(make: (done: (error: Error | undefined, value?: T) => void) => Operation): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#link.ask(make((error, value) => (error === undefined ? resolve(value as T) : reject(error))));
    });
  }

  #end(error: Error | undefined): void {
    this.#ended = { error };
    this.#history.listeners.end(error);
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended.error ?? storeClosed();
  }

  #checkAt(at: Tid): void {
    this.#checkOpen();
    checkSize(at, 'at', 0, Number.MAX_SAFE_INTEGER);
    const { processed } = this.#history;
    if (at > processed) {
      throw new LeaseholdError('ERR_SNAPSHOT_LOST', `the store has no commit ${at}, but only ${processed}`);
    }
  }
}
notThenable(RemoteEngine);
