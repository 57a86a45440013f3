import type { CheckpointedEngine } from '../../../lib/cache/checkpoints/checkpointed-engine.ts';
import type { ItemNames } from '../../../lib/cache/checkpoints/item-names.ts';
import { encodeCheckpoints, type Point } from '../../../lib/cache/checkpoints/point.ts';
import type { Loaded, Tid } from '../../../lib/versions/engine/engine.ts';
import { Random } from '../../versions/random.ts';
import { History } from '../model/history.ts';
import { type FakeDatabase, FakeEngine } from './fake-engine.ts';
import { FakeItems, FakeStore } from './fake-store.ts';
import type { CheckpointLibrary } from './library.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const PROCESSES = 3;
const VIEWS = 3;

/** A process that runs. */
interface Session {
  readonly engine: CheckpointedEngine;
  readonly inner: FakeEngine;
  readonly store: FakeStore;
  readonly timers: (() => void)[];
  /** The commits as of which its views read. */
  readonly views: Tid[];
  /** How many reads are not answered. */
  waiting: number;
}

interface Process {
  readonly database: FakeDatabase;
  session: Session | undefined;
}

/** The state that an item must have. */
interface Truth {
  readonly text: string | undefined;
  /** Since which commit, and up to which one it is told. */
  readonly begin: Tid;
  readonly point: Tid;
}

export interface CheckpointModelOptions {
  readonly lib: CheckpointLibrary;
  readonly seed: number;
  /** See FakeEngine. */
  readonly loadsNewest?: boolean;
}

/**
 * Processes with several views each, in front of engines that lag, and a cache that loses and damages what it has. The real code runs; what comes next, the model decides. What is read, what is
 * stored, and what each process knows is compared with the true history.
 */
export class CheckpointModel {
  readonly #lib: CheckpointLibrary;
  readonly #random: Random;
  readonly #items: FakeItems;
  readonly #databases: FakeDatabase[];
  readonly #processes: Process[];
  readonly #truths = new Map<string, Truth[]>();
  readonly #nonces = new Map<string, number>();
  readonly #names = new Map<string, ItemNames>();
  /** Requests that processes had sent before they died. */
  readonly #late: (() => void)[] = [];
  readonly #settings: {
    readonly isSync: boolean;
    readonly failures: number;
    readonly limit: number;
    readonly features: ReadonlySet<string>;
    readonly restores: number;
    readonly loses: number;
    readonly loadsNewest: boolean;
  };
  #time = 0;
  #count = 0;
  #failure: Error | undefined;
  reads = 0;
  hits = 0;
  shifts = 0;

  constructor({ lib, seed, loadsNewest = false }: CheckpointModelOptions) {
    const random = new Random(seed);
    this.#lib = lib;
    this.#random = random;
    this.#settings = {
      isSync: random.chance(0.3),
      failures: random.pick([0, 0, 0.05]),
      limit: 1 + random.below(4),
      features: new Set(random.chance(0.5) ? ['single-commits'] : []),
      restores: random.pick([0, 0.5, 1]),
      loses: random.pick([0, 0.3, 1]),
      loadsNewest,
    };
    this.#items = new FakeItems((name, bytes) => this.#checkItem(name, bytes));
    // The second store is not like the first one, but its commits have the same numbers and nonces.
    this.#databases = ['one', 'two'].map((storeId) => this.#makeDatabase(storeId));
    const [one, two] = this.#databases as [FakeDatabase, FakeDatabase];
    this.#processes = Array.from({ length: PROCESSES }, (_, i) => {
      const database = i < PROCESSES - 1 ? one : random.pick([one, two]);
      return { database, session: undefined };
    });
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.#time += 20;
      try {
        this.#step();
        await settled();
        this.#check();
      } catch (error) {
        throw new Error(`step ${step}: ${(error as Error).message}`, { cause: error });
      }
    }
    await this.#finish();
  }

  /** All that was sent is received, and every read of a process that lives is answered. */
  async #finish(): Promise<void> {
    for (let i = 0; i < 1000; i++) {
      const rest = this.#pending();
      if (rest.length === 0) break;
      for (const queue of rest) queue.shift()?.();
      await settled();
      this.#check();
    }
    const waiting = this.#processes.reduce((sum, { session }) => sum + (session?.waiting ?? 0), 0);
    if (waiting > 0) throw new Error(`${waiting} reads were never answered`);
    for (const process of this.#processes) this.#kill(process);
  }

  /** What was sent and not received. */
  #pending(): (() => void)[][] {
    const queues = this.#processes.flatMap(({ session }) => [session?.inner.asked ?? [], session?.store.sent ?? []]);
    return [...queues, this.#late].filter((queue) => queue.length > 0);
  }

  #step(): void {
    const random = this.#random;
    const process = random.pick(this.#processes);
    const { session } = process;
    if (session === undefined) {
      this.#start(process);
      return;
    }
    const { engine, inner, timers, views } = session;
    const kind = random.below(100);
    if (kind < 10) this.#commit(random.pick(this.#databases));
    else if (kind < 16) this.#own(process.database, session);
    else if (kind < 28) inner.advance();
    else if (kind < 58) this.#deliver();
    else if (kind < 66) timers.shift()?.();
    else if (kind < 70) this.#lose();
    else if (kind < 72) this.#kill(process);
    else if (kind < 73) this.#restore(process.database);
    else if (kind < 74) inner.skip();
    else if (kind < 79) views[random.below(VIEWS)] = engine.processed();
    else this.#load(session);
  }

  /** Some of what was sent is received: that of each process in order. */
  #deliver(): void {
    do {
      const queues = this.#pending();
      if (queues.length === 0) return;
      this.#random.pick(queues).shift()?.();
    } while (this.#random.chance(0.6));
  }

  #commit(database: FakeDatabase): void {
    const keys = KEYS.filter(() => this.#random.chance(0.25));
    if (keys.length === 0) return;
    const isRange = keys.length > 1 && this.#random.chance(0.15);
    const text = (key: string) => (this.#random.chance(0.3) ? undefined : this.#text(key));
    this.#add(database, new Map(keys.map((key) => [key, text(key)])), [], isRange);
  }

  /** A commit by a process. */
  #own({ history }: FakeDatabase, { engine, inner }: Session): void {
    if (inner.history !== history) return;
    const keys = KEYS.filter(() => this.#random.chance(0.3));
    if (keys.length === 0) return;
    const writes = keys.map((key) => {
      const bytes = this.#random.chance(0.2) ? undefined : Buffer.from(this.#text(key));
      return { collection: 'items', key: Buffer.from(key), bytes };
    });
    const commitId = Buffer.from(`commit ${this.#count++}`);
    engine.commit({ commitId, base: engine.processed(), reads: [], ranges: [], writes }).catch(() => {});
  }

  /** The cache forgets, or makes up something. */
  #lose(): void {
    const random = this.#random;
    if (!random.chance(this.#settings.loses)) return;
    const names = [...this.#items.items.keys()];
    if (names.length === 0) return;
    const name = random.pick(names);
    const kind = random.below(10);
    if (kind < 4) this.#items.items.delete(name);
    else if (kind < 5) this.#items.items.delete(this.#checkpointsOf(random.pick(this.#databases)));
    else if (kind < 7) this.#setCheckpoints(random.pick(this.#databases));
    else if (kind < 9) {
      const bytes = Uint8Array.from(this.#items.items.get(name)?.bytes as Uint8Array);
      bytes[random.below(bytes.length)] = random.below(256);
      this.#items.lie(name, bytes);
    } else this.#items.lie(name, this.#items.items.get(random.pick(names))?.bytes as Uint8Array);
  }

  /** To anything: commits that were, will be, or are of another history. */
  #setCheckpoints(database: FakeDatabase): void {
    const { newest } = database.history;
    const point = (): Point => {
      const tid = this.#random.below(newest + 3);
      const isOther = this.#random.chance(0.1);
      return { tid, nonce: isOther ? 'another' : database.history.nonceOf(tid) };
    };
    const [c0, c1] = [point(), point()].sort((a, b) => b.tid - a.tid) as [Point, Point];
    const name = this.#checkpointsOf(database);
    this.#items.lie(name, this.#lib.encodeItem(name, c0.tid, encodeCheckpoints({ c0, c1 })));
  }

  #checkpointsOf({ storeId }: FakeDatabase): string {
    return this.#namesOf(storeId).checkpoints;
  }

  #namesOf(storeId: string): ItemNames {
    let names = this.#names.get(storeId);
    if (names === undefined) {
      names = new this.#lib.ItemNames(storeId, '');
      this.#names.set(storeId, names);
    }
    return names;
  }

  /** The store is restored from a copy: it has lost its last commits, and makes others. Processes notice it some time later. */
  #restore(database: FakeDatabase): void {
    const { history } = database;
    if (history.newest < 4 || !this.#random.chance(this.#settings.restores)) return;
    database.history = new History(history.commits.slice(0, history.newest - 1 - this.#random.below(3)));
  }

  #start(process: Process): void {
    const { database } = process;
    const { isSync, failures, features, limit, loadsNewest } = this.#settings;
    const lag = this.#random.chance(0.8) ? 0 : this.#random.below(3);
    const inner = new FakeEngine(
      database,
      this.#random,
      Math.max(0, database.history.newest - lag),
      features,
      loadsNewest,
    );
    const store = new FakeStore(this.#items, this.#random, isSync, failures);
    const timers: (() => void)[] = [];
    const engine = new this.#lib.CheckpointedEngine(inner, store, {
      limit,
      random: () => this.#random.next(),
      later: (fn) => timers.push(fn),
      now: () => this.#time,
    });
    process.session = { engine, inner, store, timers, views: Array(VIEWS).fill(inner.told), waiting: 0 };
  }

  /** What it has sent may still be received, late. */
  #kill(process: Process): void {
    this.#late.push(...(process.session?.store.sent.splice(0) ?? []));
    this.hits += process.session?.engine.counters().hits ?? 0;
    process.session?.engine.close().catch(() => {});
    process.session = undefined;
  }

  #load(session: Session): void {
    const random = this.#random;
    const { engine, views } = session;
    const at = random.chance(0.5) ? random.pick(views) : engine.processed();
    const wanted = KEYS.filter(() => random.chance(0.4));
    const keys = wanted.map((key) => ({ collection: 'items', key: Buffer.from(key) }));
    const got: string[] = [];
    const take = (state: Loaded): void => {
      this.reads++;
      got.push(Buffer.from(state.key).toString());
      this.#compare(state, at, session);
    };
    const done = (): void => {
      session.waiting--;
      if (got.sort().join() !== wanted.join()) this.#fail(`asked for ${wanted}, got ${got}`);
    };
    session.waiting++;
    const loaded = engine.load(keys, at, take);
    if (loaded === undefined) done();
    else loaded.then(done, (error: Error) => this.#fail(`a read has failed: ${error.message}`));
  }

  #compare({ key, tid, next, bytes }: Loaded, at: Tid, { inner, engine }: Session): void {
    const { history } = inner;
    const name = Buffer.from(key).toString();
    const truth = history.at(name, at);
    const text = bytes === undefined ? undefined : Buffer.from(bytes).toString();
    // An interval may end earlier than the true one. Of what comes after `processed`, nobody knows yet.
    const end = history.end(name, at, engine.processed());
    const isEnd = end === undefined ? next === undefined || next > at : next !== undefined && next <= end;
    if (text === truth.text && tid >= history.begin(name, at) && tid <= at && isEnd) return;
    const given = JSON.stringify({ tid, next, text });
    this.#fail(`as of ${at}, '${name}' was read as ${given}, and is ${JSON.stringify({ ...truth, end })}`);
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message);
  }

  #check(): void {
    const { session } = this.#random.pick(this.#processes);
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#settings.failures === 0 && session !== undefined && session.engine.counters().errors > 0) {
      throw session.engine.counters().failure;
    }
    if (session !== undefined) this.#checkKnown(session);
  }

  /** P1 and P2: what a process knows is true, and complete. */
  #checkKnown({ engine, inner }: Session): void {
    const { state } = engine;
    if (state === undefined) return;
    const { known, checkpoints } = state;
    const { start, newest } = known;
    const { c0, c1 } = checkpoints;
    const { history } = inner;
    if (newest.tid !== engine.processed()) throw new Error(`it knows ${newest.tid} commits of ${engine.processed()}`);
    if (!(start.tid <= c1.tid && c1.tid <= c0.tid && c0.tid <= newest.tid)) {
      throw new Error(`its checkpoints are ${c0.tid} and ${c1.tid}, and it knows ${start.tid} to ${newest.tid}`);
    }
    for (const { tid, nonce } of [start, newest, c0, c1]) {
      if (nonce !== history.nonceOf(tid)) throw new Error(`commit ${tid} is of another history`);
    }
    const at = start.tid + this.#random.below(newest.tid - start.tid + 1);
    for (const name of KEYS) {
      const last = known.last({ collection: 'items', key: Buffer.from(name) }, at)?.tid ?? 0;
      const { tid } = history.at(name, at);
      if (tid > start.tid && last < tid) throw new Error(`it does not know that ${tid} has changed '${name}'`);
      if (last > at) throw new Error(`it says that ${last} has changed '${name}' by ${at}`);
    }
  }

  /** P3: what is stored is true, in some history. */
  #checkItem(name: string, bytes: Uint8Array): void {
    const item = this.#lib.decodeItem(name, bytes);
    if (item === undefined) {
      this.#fail(`the item ${name} is damaged`);
      return;
    }
    if (this.#databases.some((database) => this.#checkpointsOf(database) === name)) {
      this.shifts++;
      return;
    }
    const text = item.bytes === undefined ? undefined : Buffer.from(item.bytes).toString();
    const isTrue = ({ text: true_, begin, point }: Truth): boolean =>
      text === true_ && item.tid >= begin && item.tid <= point;
    if (this.#truths.get(name)?.some(isTrue) !== true) {
      const told = JSON.stringify(this.#truths.get(name));
      this.#fail(`the item ${name} is ${JSON.stringify({ tid: item.tid, text })}, and should be ${told}`);
    }
  }

  #makeDatabase(storeId: string): FakeDatabase {
    const database: FakeDatabase = {
      storeId,
      history: new History(),
      ids: new Map(),
      commit: (requests) => {
        const writes = requests.flatMap((request) => request.writes);
        const texts = writes.map(
          ({ key, bytes }) => [Buffer.from(key).toString(), bytes && Buffer.from(bytes).toString()] as const,
        );
        return this.#add(
          database,
          new Map(texts),
          requests.map(({ commitId }) => commitId).filter((id) => id.length > 0),
          false,
        );
      },
    };
    this.#tellTruth(database);
    this.#add(database, new Map(KEYS.map((key) => [key, `${key} of ${storeId}`])), [], false);
    return database;
  }

  #add(
    database: FakeDatabase,
    writes: ReadonlyMap<string, string | undefined>,
    ids: readonly Uint8Array[],
    isRange: boolean,
  ): Tid {
    const { history, storeId } = database;
    // Nonces of one store are never used again; those of the other one may be the same.
    const own = (this.#nonces.get(storeId) ?? 0) + 1;
    this.#nonces.set(storeId, own);
    const nonce = own.toString(16).padStart(16, '0');
    const tid = history.commit(writes, nonce, isRange);
    database.ids.set(nonce, ids);
    this.#tellTruth(database);
    return tid;
  }

  /** Remembers what items as of the newest commit must be. */
  #tellTruth({ storeId, history }: FakeDatabase): void {
    const names = this.#namesOf(storeId);
    const tid = history.newest;
    for (const key of KEYS) {
      const ofKey = names.ofKey({ collection: 'items', key: Buffer.from(key) });
      const name = names.ofState(ofKey, { tid, nonce: history.nonceOf(tid) });
      const truth = { text: history.at(key, tid).text, begin: history.begin(key, tid), point: tid };
      this.#truths.set(name, [...(this.#truths.get(name) ?? []), truth]);
    }
  }

  #text(key: string): string {
    return `${key}${this.#count++}`;
  }
}

/** Promises that were settled have had their effects. Not a turn of the event loop, which would take longer than all else. */
async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await undefined;
}
