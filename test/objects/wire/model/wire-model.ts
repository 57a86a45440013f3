import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenFolder } from '../../../../lib/cache/cache-folder.ts';
import type { CachedEngine } from '../../../../lib/cache/cached-engine.ts';
import type { RemoteEngine } from '../../../../lib/client/remote/remote-engine.ts';
import { clock } from '../../../cache/model/library.ts';
import { Random } from '../../../versions/random.ts';
import type { ModelConnection } from './connection.ts';
import { change, NODES, PART_NAMES, shown } from './contents.ts';
import type { Any, WireLibrary } from './library.ts';
import { ServedPlace, WireHistory } from './served-place.ts';

/** A process with a store of objects on the server. */
interface Client {
  /** The folder of its cache, which it may share. */
  readonly cache: string | undefined;
  connection: ModelConnection | undefined;
  folder: OpenFolder | undefined;
  engine: RemoteEngine | CachedEngine | undefined;
  objects: Any;
  /** That of the server with which it is connected, or was at last. */
  history: WireHistory;
  snapshots: Any[];
  /** How many of its calls have no result yet. */
  waiting: number;
  isConnecting: boolean;
}

/** What may go wrong when connections are lost, when others change the same, and when a store is restored from a copy. */
const ALLOWED: readonly unknown[] = [
  'ERR_CONFLICT',
  'ERR_DISCONNECTED',
  'ERR_ENV_CLOSED',
  'ERR_OUTCOME_UNKNOWN',
  'ERR_SNAPSHOT_LOST',
  'ERR_TOO_OLD',
];
/** Nobody knows whether the transaction was committed. */
const UNKNOWN: readonly unknown[] = ['ERR_OUTCOME_UNKNOWN', 'ERR_TOO_OLD'];
const HINTS = { a: { next: true }, b: { next: true }, c: { next: true }, map: true, list: true, count: true };

/**
 * Clients with objects on a server, two of which share a cache. Server and clients are the real ones; their clock and their connections move only when the model says so. All that is
 * read is compared with what the store had as of that commit, and all that a transaction has read, with what it had just before its commit.
 */
export class WireModel {
  readonly #lib: WireLibrary;
  readonly #random: Random;
  readonly #folder: string;
  /** How likely the network goes on. */
  readonly #haste: number;
  readonly #clients: Client[];
  #place: ServedPlace;
  #copy: { readonly path: string; readonly tid: number } | undefined;
  /** Transactions that were refused: none of them may have been committed. */
  readonly #refused: string[] = [];
  readonly #histories: WireHistory[] = [];
  #count = 0;
  #failure: Error | undefined;
  reads = 0;
  commits = 0;

  /** `folder`: where it makes its folders. */
  constructor(lib: WireLibrary, folder: string, seed: number) {
    this.#lib = lib;
    this.#random = new Random(seed);
    this.#folder = folder;
    this.#haste = this.#random.pick([0.5, 0.8, 0.95]);
    const history = this.#newHistory(new WireHistory());
    this.#place = new ServedPlace(lib, this.#newFolder(), history);
    const shared = this.#newFolder();
    this.#clients = [shared, shared, undefined].map((cache) => ({
      cache,
      connection: undefined,
      folder: undefined,
      engine: undefined,
      objects: undefined,
      history,
      snapshots: [],
      waiting: 0,
      isConnecting: false,
    }));
  }

  async run(steps: number): Promise<void> {
    const { random } = Math;
    Math.random = () => this.#random.next();
    try {
      for (let step = 0; step < steps; step++) {
        await this.#step();
        await settled();
        if (this.#failure !== undefined)
          throw new Error(`step ${step}: ${this.#failure.message}`, { cause: this.#failure });
      }
      for (const stamp of this.#refused) {
        if (this.#histories.some((history) => history.committedBy(stamp) !== undefined))
          throw new Error(`the transaction ${stamp} was refused, and is committed`);
      }
    } finally {
      Math.random = random;
      for (const client of this.#clients) this.#kill(client);
      await settled();
      clock.clear();
      this.#place.close();
    }
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const client = random.pick(this.#clients);
    const { connection, objects } = client;
    const kind = random.below(100);
    if (objects === undefined) this.#connect(client);
    if (kind < 40 || (objects === undefined && kind < 80)) await this.#exchange(client);
    else if (kind < 62) connection?.deliver(random);
    else if (kind < 70) clock.next();
    else if (objects === undefined) return;
    else if (kind < 72) connection?.cut();
    else if (kind < 73) this.#kill(client);
    else if (kind < 74) this.#copyOrRestore();
    else if (client.waiting > 3) await this.#exchange(client);
    else if (kind < 86) this.#transact(client);
    else if (kind < 91) this.#read(client);
    else if (kind < 95) this.#readSnapshot(client);
    else this.#load(client);
  }

  /** The server takes some requests, and the client receives some of what was sent. */
  async #exchange({ connection }: Client): Promise<void> {
    do {
      await connection?.serve();
      await this.#place.told();
      if (this.#random.chance(0.7)) connection?.deliver(this.#random);
      await settled();
    } while (this.#random.chance(this.#haste));
  }

  #connect(client: Client): void {
    if (client.isConnecting) return;
    client.isConnecting = true;
    const {
      CacheFile,
      CachedEngine: Cached,
      openFolder,
      RemoteBackend,
      RemoteEngine: Remote,
      RemoteStore,
      Node,
    } = this.#lib;
    client.folder = client.cache === undefined ? undefined : openFolder(client.cache, 'boot-1');
    const file = client.folder === undefined ? undefined : new CacheFile(client.folder);
    const seen = file?.seen();
    let cached: CachedEngine | undefined;
    const connected = async (): Promise<void> => {
      const remote = await Remote.connect({
        dial: async () => {
          client.connection = this.#place.connect();
          return client.connection.client;
        },
        token: undefined,
        timeout: 1e6,
        mostValue: 2 ** 20,
        seen,
        onState: (state) => {
          if (state !== 'disconnected' && state !== 'closed') client.history = this.#place.history;
        },
        welcomed: (engine, { storeId, tid, nonce, reset }) => {
          client.history = this.#place.history;
          if (file === undefined) return;
          const begun = reset === undefined && seen !== undefined ? seen : { tid, nonce };
          cached = new Cached(engine, file, { ...begun, storeId, rights: '', reset });
        },
      });
      const engine = cached ?? remote;
      client.engine = engine;
      engine.onEnd(() => this.#ended(client, engine));
      const objects = await RemoteStore.open(new RemoteBackend(remote, engine, cached), 200, [Node]);
      if (client.engine === engine) client.objects = objects;
    };
    connected()
      .catch((error) => {
        if (cached === undefined) file?.close();
        this.#failed(error);
        this.#ended(client, client.engine);
      })
      .finally(() => {
        client.isConnecting = false;
      });
  }

  #ended(client: Client, engine: unknown): void {
    if (client.engine !== engine) return;
    client.engine = undefined;
    client.objects = undefined;
    client.snapshots = [];
  }

  /** The process dies: what it has not written is lost. */
  #kill(client: Client): void {
    const { engine, connection, folder } = client;
    folder?.env.close();
    folder?.isWhole();
    client.folder = undefined;
    this.#ended(client, engine);
    Promise.resolve(engine?.close()).catch(() => {});
    connection?.cut();
    client.connection = undefined;
  }

  /** Copies the store, or puts the copy in its place: it has lost its last commits, and makes others. */
  #copyOrRestore(): void {
    const copy = this.#copy;
    const path = this.#newFolder();
    if (copy === undefined) {
      this.#copy = { path, tid: this.#place.copyTo(path) };
      return;
    }
    this.#copy = undefined;
    for (const { connection } of this.#clients) connection?.cut();
    const history = this.#newHistory(this.#place.history.upTo(copy.tid));
    this.#place.close();
    this.#place = new ServedPlace(this.#lib, copy.path, history);
  }

  #read(client: Client): void {
    const parts = [this.#random.pick(PART_NAMES), this.#random.pick(PART_NAMES)];
    this.#waits(client, async () => {
      const [tid, read] = await client.objects.read((view: Any) => [
        view.tid,
        parts.map((part) => shown(view.root, part)),
      ]);
      for (const [i, part] of parts.entries()) this.#compare(client, part, tid, read[i]);
    });
  }

  /** Reads an older version. */
  #readSnapshot(client: Client): void {
    const { snapshots, objects } = client;
    if (snapshots.length < 2 && this.#random.chance(0.5)) {
      this.#waits(client, async () => void snapshots.push(await objects.snapshot()));
      return;
    }
    const snapshot = snapshots.shift();
    if (snapshot === undefined) return;
    const part = this.#random.pick(['a', 'map', 'list', 'count', 'size', 'last']);
    this.#waits(client, async () => {
      await snapshot.load(snapshot.root, HINTS);
      this.#compare(client, part, snapshot.tid, shown(snapshot.root, part));
      if (this.#random.chance(0.5)) snapshot.end();
      else snapshots.push(snapshot);
    });
  }

  /** Reads the newest version, without waiting once it is here. */
  #load(client: Client): void {
    const name = this.#random.pick(NODES);
    const { objects } = client;
    this.#waits(client, async () => {
      await objects.load(objects.root, HINTS);
      for (const part of [name, 'map', 'list']) this.#compare(client, part, objects.tid, shown(objects.root, part));
    });
  }

  #transact(client: Client): void {
    const stamp = `s${this.#count++}`;
    const seed = this.#random.below(2 ** 31);
    let reads: [part: string, read: string][] = [];
    this.#waits(client, async () => {
      const run = ({ root }: Any): void => {
        // Each run does the same.
        const random = new Random(seed);
        reads = [];
        for (let i = random.below(3); i > 0; i--) {
          const part = random.pick(PART_NAMES);
          reads.push([part, shown(root, part)]);
        }
        for (let i = random.below(3); i > 0; i--) change(root, random, this.#lib);
        root.count.add(1);
        root.stamps.set(stamp, seed);
      };
      try {
        await client.objects.transact(run, { retries: 4 });
      } catch (error) {
        if (!UNKNOWN.includes((error as Any).code)) this.#refused.push(stamp);
        throw error;
      }
      this.commits++;
      const tid = client.history.committedBy(stamp);
      if (tid === undefined) throw new Error(`the transaction ${stamp} was acknowledged, and is not there`);
      for (const [part, read] of reads) this.#compare(client, part, tid - 1, read, `${stamp} was committed, and `);
    });
  }

  #compare({ history }: Client, part: string, at: number, read: string, what = ''): void {
    this.reads++;
    const truth = history.part(part, at);
    if (truth === undefined || truth === read) return;
    this.#failure ??= new Error(`${what}as of ${at}, '${part}' was read as ${read}, and is ${truth}`);
  }

  #waits(client: Client, fn: () => Promise<void>): void {
    client.waiting++;
    fn()
      .catch((error) => this.#failed(error))
      .finally(() => {
        client.waiting--;
      });
  }

  #failed(error: Error & { code?: string }): void {
    if (!ALLOWED.includes(error.code)) this.#failure ??= error;
  }

  #newHistory(history: WireHistory): WireHistory {
    this.#histories.push(history);
    return history;
  }

  #newFolder(): string {
    return mkdtempSync(join(this.#folder, 'model-'));
  }
}

/** Promises that were settled have had their effects. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
}
