import type { OpenFolder } from '../../../lib/cache/cache-folder.ts';
import type { CachedEngine } from '../../../lib/cache/cached-engine.ts';
import type { EngineRow, Loaded, Tid } from '../../../lib/versions/engine/engine.ts';
import { Random } from '../../versions/random.ts';
import { checkEntries } from './check-entries.ts';
import { FakeConnection, type Served, type Verification } from './fake-server.ts';
import { History } from './history.ts';
import { type ClientLibrary, clock } from './library.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const NONE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

/** A process with a cache that it shares with the others. */
interface Client {
  connection: FakeConnection | undefined;
  folder: OpenFolder | undefined;
  cached: CachedEngine | undefined;
  /** That of the server with which it is connected, or was at last. */
  history: History;
  /** A commit as of which it goes on reading. */
  held: Tid;
  isConnecting: boolean;
  /** How many steps it stands still: it receives nothing, and sends nothing. */
  stillFor: number;
}

export interface ModelOptions {
  readonly lib: ClientLibrary;
  /** The folder of the cache. What a run before has left there is dropped. */
  readonly path: string;
  readonly seed: number;
  readonly verification?: Verification;
}

/**
 * Two processes with one cache, servers that lag, and what is on the way between them. The real code of client and cache runs on a clock and on connections that move only
 * when the model says so. After each step, whatever was read, and every entry of the cache, is compared with the true history.
 */
export class OrderModel {
  readonly #served: Served & { history: History };
  readonly #random: Random;
  readonly #lib: ClientLibrary;
  readonly #path: string;
  readonly #clients: Client[];
  /** Every history that the store has had. */
  readonly #histories: History[];
  /** How likely the store is restored when it could be: in some runs never. */
  readonly #restores: number;
  /** How likely a read asks for a key. */
  readonly #eagerness: number;
  #count = 0;
  /** What went wrong in a call that nobody waits for. */
  #failure: Error | undefined;
  reads = 0;
  hits = 0;

  constructor({ lib, path, seed, verification = 'commits' }: ModelOptions) {
    this.#lib = lib;
    this.#path = path;
    this.#random = new Random(seed);
    this.#restores = this.#random.pick([0, 0.3, 1]);
    this.#eagerness = this.#random.pick([0.3, 0.9]);
    const history = new History();
    this.#histories = [history];
    history.commit(new Map(KEYS.map((key) => [key, `${key}0`])), this.#nonce());
    const commit = (writes: ReadonlyMap<string, string | undefined>): Tid =>
      this.#served.history.commit(writes, this.#nonce());
    this.#served = { lib, random: this.#random, verification, history, commit };
    this.#clients = [0, 1].map(() => ({
      connection: undefined,
      folder: undefined,
      cached: undefined,
      history,
      held: 0,
      isConnecting: false,
      stillFor: 0,
    }));
  }

  async run(steps: number): Promise<void> {
    const { random } = Math;
    Math.random = () => this.#random.next();
    try {
      this.#drop();
      for (let step = 0; step < steps; step++) {
        this.#step();
        await settled();
        this.#check(step);
      }
    } finally {
      Math.random = random;
      for (const client of this.#clients) this.#kill(client);
      await settled();
      clock.clear();
    }
  }

  #step(): void {
    const random = this.#random;
    const client = random.pick(this.#awake());
    const { connection, cached } = client;
    if (cached === undefined && random.chance(0.5)) {
      // Otherwise most of a run would pass before anything is read.
      this.#connect(client);
      connection?.serve();
      connection?.deliver();
      return;
    }
    if (connection?.isGreeted === false && random.chance(0.5)) {
      // It comes back, which takes some time and some frames.
      if (!connection.isOpen) clock.next();
      connection.serve();
      connection.deliver();
      return;
    }
    const kind = random.below(100);
    if (kind < 10) this.#commit();
    else if (kind < 25) connection?.advance();
    else if (kind < 45) connection?.serve();
    else if (kind < 65) connection?.deliver();
    else if (kind < 71) clock.next();
    else if (kind < 72) client.stillFor = 5 + random.below(30);
    else if (cached === undefined) this.#connect(client);
    else if (kind < 74) connection?.cut();
    else if (kind < 76) this.#kill(client);
    else if (kind < 78) this.#restore();
    else if (kind < 79) client.held = cached.processed();
    else if (kind < 82) this.#clientCommit(client, cached);
    else if (kind < 90) this.#range(client, cached);
    else this.#load(client, cached);
  }

  /** The processes that do not stand still: all, if none would be left. */
  #awake(): readonly Client[] {
    for (const client of this.#clients) client.stillFor = Math.max(0, client.stillFor - 1);
    const awake = this.#clients.filter(({ stillFor }) => stillFor === 0);
    return awake.length === 0 ? this.#clients : awake;
  }

  #commit(): void {
    const { history } = this.#served;
    const keys = KEYS.filter(() => this.#random.chance(0.3));
    const isRange = keys.length > 1 && this.#random.chance(0.15);
    const text = (key: string) => (this.#random.chance(0.3) ? undefined : this.#text(key));
    if (keys.length > 0) history.commit(new Map(keys.map((key) => [key, text(key)])), this.#nonce(), isRange);
  }

  #clientCommit({ history, cached }: Client, engine: CachedEngine): void {
    if (cached !== engine || history !== this.#served.history) return;
    const key = this.#random.pick(KEYS);
    const writes = [{ collection: 'items', key: Buffer.from(key), bytes: Buffer.from(this.#text(key)) }];
    const request = {
      commitId: Buffer.from(`${this.#count++}`),
      base: engine.processed(),
      reads: [],
      ranges: [],
      writes,
    };
    engine.commit(request).catch(() => {});
  }

  /** The store is restored from a copy: it has lost its last commits, and makes others. The processes come back one after the other. */
  #restore(): void {
    const { history } = this.#served;
    if (history.newest < 5 || !this.#random.chance(this.#restores)) return;
    this.#served.history = new History(history.commits.slice(0, this.#restored(history)));
    this.#histories.push(this.#served.history);
    for (let commits = this.#random.below(4); commits > 0; commits--) this.#commit();
    const last = this.#random.pick(this.#clients);
    for (const client of this.#clients) {
      client.connection?.cut();
      client.stillFor = client === last ? this.#random.below(80) : 0;
    }
  }

  /** The last commit of the copy. Often it is all that the slower process has seen: that one goes on, and the other one cannot. */
  #restored({ newest }: History): Tid {
    const slowest = Math.min(...this.#clients.map(({ cached }) => cached?.processed() ?? newest));
    return slowest > 2 && slowest < newest && this.#random.chance(0.5) ? slowest : newest - 1 - this.#random.below(4);
  }

  #connect(client: Client): void {
    if (client.isConnecting) return;
    client.isConnecting = true;
    const { lib } = this;
    const folder = lib.openFolder(this.#path, 'boot-1');
    client.folder = folder;
    const file = new lib.CacheFile(folder);
    const closed = (): void => {
      client.cached = undefined;
      client.isConnecting = false;
    };
    const seen = file.seen();
    lib.RemoteEngine.connect({
      dial: async () => {
        const { history } = this.#served;
        const lag = this.#random.chance(0.8) ? 0 : this.#random.below(3);
        const connection = new FakeConnection(this.#served, Math.max(1, history.newest - lag), () => {
          client.history = history;
        });
        client.connection = connection;
        return connection;
      },
      token: undefined,
      timeout: 1e6,
      mostValue: 2 ** 20,
      onState: () => {},
      seen,
      welcomed: (engine, { storeId, tid, nonce, reset }) => {
        const begun = reset === undefined && seen !== undefined ? seen : { tid, nonce };
        client.cached = new lib.CachedEngine(engine, file, { ...begun, storeId, rights: '', reset });
        client.history = (client.connection as FakeConnection).history;
        client.held = client.cached.processed();
        client.isConnecting = false;
        engine.onEnd(closed);
      },
    }).catch(() => {
      if (client.cached !== undefined) return;
      file.close();
      closed();
    });
  }

  /** The process dies: what it has not written is lost. */
  #kill(client: Client): void {
    client.folder?.env.close();
    client.folder?.isWhole();
    client.folder = undefined;
    const { cached, connection } = client;
    client.cached = undefined;
    client.isConnecting = false;
    cached?.close().catch(() => {});
    connection?.cut();
    client.connection = undefined;
  }

  #at({ held }: Client, cached: CachedEngine): Tid {
    return this.#random.chance(0.4) ? Math.min(held, cached.processed()) : cached.processed();
  }

  #load(client: Client, cached: CachedEngine): void {
    const at = this.#at(client, cached);
    const keys = KEYS.filter(() => this.#random.chance(this.#eagerness)).map((key) => ({
      collection: 'items',
      key: Buffer.from(key),
    }));
    const { hits } = cached.counters();
    this.#waits(() =>
      cached.load(keys, at, (state: Loaded) => {
        this.reads++;
        this.#compare(state, at, client, cached);
      }),
    );
    this.hits += cached.counters().hits - hits;
  }

  #compare({ key, tid, next, bytes }: Loaded, at: Tid, { history }: Client, cached: CachedEngine): void {
    const name = Buffer.from(key).toString();
    const truth = history.at(name, at);
    const text = bytes === undefined ? undefined : Buffer.from(bytes).toString();
    // An interval may end earlier than the true one. Of what comes after `processed`, nobody knows yet.
    const end = history.end(name, at, cached.processed());
    const isEnd = end === undefined ? next === undefined || next > at : next !== undefined && next <= end;
    const isRight = text === truth.text && tid >= history.begin(name, at) && tid <= at && isEnd;
    if (isRight) return;
    const given = JSON.stringify({ tid, next, text });
    this.#failure ??= new Error(
      `as of ${at}, '${name}' was read as ${given}, and is ${JSON.stringify({ ...truth, end })}`,
    );
  }

  #range(client: Client, cached: CachedEngine): void {
    const at = this.#at(client, cached);
    const [lower, upper] = [this.#random.pick(KEYS), this.#random.pick(KEYS)].sort() as [string, string];
    const bounds = { ...NONE, lower: Buffer.from(lower), upper: Buffer.from(upper), reverse: this.#random.chance(0.3) };
    const rows: EngineRow[] = [];
    this.#waits(async () => {
      await cached.range('items', bounds, at, 1 + this.#random.below(30), (batch) => void rows.push(...batch.rows));
      const given = rows.map(({ key, tid, bytes }) => `${Buffer.from(key)} ${tid} ${Buffer.from(bytes)}`);
      const wanted = client.history
        .rows(at, (key) => key >= lower && key <= upper)
        .map(({ key, tid, text }) => `${key} ${tid} ${text}`);
      if (bounds.reverse) wanted.reverse();
      if (given.join() === wanted.join()) return;
      this.#failure ??= new Error(`as of ${at}, a range was read as ${given}, and is ${wanted}`);
    });
  }

  /** Requests fail when their connection ends for good: that is no mistake. */
  #waits(fn: () => void | Promise<void>): void {
    const failed = (error: Error & { code?: string }): void => {
      if (error.code === undefined) this.#failure ??= error;
    };
    try {
      Promise.resolve(fn()).catch(failed);
    } catch (error) {
      failed(error as Error);
    }
  }

  #check(step: number): void {
    const folder = this.#clients.find(({ folder: open }) => open?.env.isOpen === true)?.folder;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (folder !== undefined) checkEntries(folder.env, this.#histories, KEYS);
    } catch (error) {
      throw new Error(`step ${step}: ${(error as Error).message}`, { cause: error });
    }
  }

  #drop(): void {
    const folder = this.#lib.openFolder(this.#path, 'boot-1');
    for (const name of folder.env.collections()) folder.env.collection(name).clear();
    folder.env.close();
    folder.isWhole();
  }

  #nonce(): string {
    return (this.#count++).toString(16).padStart(16, '0');
  }

  #text(key: string): string {
    return `${key}${this.#count++}`;
  }

  get lib(): ClientLibrary {
    return this.#lib;
  }
}

/** Promises that were settled have had their effects. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
