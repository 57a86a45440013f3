import type {
  Change,
  CommitRequest,
  Engine,
  EngineConflict,
  GapListener,
  Loaded,
  StateKey,
  Tid,
} from '../../../lib/versions/engine/engine.ts';
import type { Random } from '../../versions/random.ts';
import type { History } from '../model/history.ts';

/** A store: its present history, and the ids of the requests of each commit. */
export interface FakeDatabase {
  readonly storeId: string;
  history: History;
  /** By nonce. */
  readonly ids: Map<string, readonly Uint8Array[]>;
  /** Makes a commit of requests, in their order. */
  commit(requests: readonly CommitRequest[]): Tid;
}

/**
 * The engine of one process. It goes on in the history that it has begun with, also when the store has another one meanwhile, as a replica that nobody has told. What it is asked is done,
 * and what it is told comes, when the model says so.
 */
export class FakeEngine implements Engine {
  readonly storeId: string;
  readonly features: ReadonlySet<string>;
  readonly history: History;
  /** Asked, and not answered. */
  readonly asked: (() => void)[] = [];
  told: Tid;
  /** A mistake: what is loaded is newer than what was told. */
  readonly loadsNewest: boolean;
  readonly #database: FakeDatabase;
  readonly #random: Random;
  #onChange: ((change: Change) => void) | undefined;
  #onGap: GapListener | undefined;
  #onEnd: ((error: Error | undefined) => void) | undefined;

  constructor(database: FakeDatabase, random: Random, told: Tid, features: ReadonlySet<string>, loadsNewest: boolean) {
    this.storeId = database.storeId;
    this.features = features;
    this.history = database.history;
    this.told = told;
    this.loadsNewest = loadsNewest;
    this.#database = database;
    this.#random = random;
  }

  processed(): Tid {
    return this.told;
  }

  load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): void | Promise<void> {
    const all = [...keys];
    const run = (): void => {
      for (const key of all) take(this.#state(key, at));
    };
    if (this.#random.chance(0.2)) return run();
    return this.#later(run);
  }

  async range(): Promise<void> {}

  hold(): () => void {
    return () => {};
  }

  /** Each commit comes when the model says so. */
  async *changes(after: Tid): AsyncGenerator<Change> {
    if (this.#random.chance(0.1)) throw Object.assign(new Error('trimmed'), { code: 'ERR_TOO_OLD' });
    for (let tid = after + 1; ; tid++) {
      await this.#later(() => {});
      if (tid > this.history.newest) throw new Error('the model waits for no commit');
      yield this.#change(tid);
    }
  }

  onChange(fn: (change: Change) => void): () => void {
    this.#onChange = fn;
    return () => {};
  }

  onGap(fn: GapListener): () => void {
    this.#onGap = fn;
    return () => {};
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.#onEnd = fn;
    return () => {};
  }

  commit(request: CommitRequest): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    const answer: { tid?: Tid } = {};
    const sent = this.#later(() => {
      if (this.history !== this.#database.history) throw new Error('the store was restored');
      answer.tid = this.#database.commit(this.#group(request));
    });
    // The answer takes its time, too.
    return sent.then(() => this.#later(() => {})).then(() => ({ tid: answer.tid as Tid }));
  }

  async claimIds(): Promise<[first: number, last: number]> {
    return [1, 1];
  }

  close(): void {
    this.#onEnd?.(undefined);
  }

  /** The next commit is told. */
  advance(): void {
    if (this.told >= this.history.newest) return;
    const change = this.#change(this.told + 1);
    this.#onChange?.(change);
    this.told = change.tid;
  }

  /** All commits up to the newest one are skipped. */
  skip(): void {
    const tid = this.history.newest;
    if (tid === this.told) return;
    this.#onGap?.(tid, this.history.nonceOf(tid));
    this.told = tid;
  }

  /** Other requests may have the same commit, unless the engine says otherwise. One of them may have no id. */
  #group(request: CommitRequest): readonly CommitRequest[] {
    if (this.features.size > 0 || this.#random.chance(0.5)) return [request];
    const writes = request.writes.map((write) => ({ ...write, bytes: Buffer.from('of another request') }));
    return [request, { ...request, commitId: Buffer.alloc(0), writes }];
  }

  #change(tid: Tid): Change {
    const change = this.history.change(tid);
    return { ...change, ids: this.#database.ids.get(change.nonce) ?? [] };
  }

  #state({ collection, key }: StateKey, at: Tid): Loaded {
    const name = Buffer.from(key).toString();
    const as = this.loadsNewest ? this.history.newest : at;
    const { tid, text } = this.history.at(name, as);
    const next = this.history.next(name, as, this.told);
    const begin = this.history.begin(name, as);
    // Nobody may know since when a key is absent.
    const since = text === undefined ? begin + this.#random.below(as - begin + 1) : tid;
    return { collection, key, tid: since, next, bytes: text === undefined ? undefined : Buffer.from(text) };
  }

  #later(fn: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.asked.push(() => {
        try {
          fn();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
