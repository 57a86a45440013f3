import { randomUUID } from 'node:crypto';
import { checkSize } from '../base/check-arguments.ts';
import { now } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import type { SeenStore } from '../cache/cache-file.ts';
import { checkRequest } from '../versions/engine/check-request.ts';
import type {
  Change,
  CommitRequest,
  Engine,
  EngineBounds,
  EngineConflict,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../versions/engine/engine.ts';
import { isTold } from '../versions/engine/reached.ts';
import { storeClosed } from '../versions/engine/store-closed.ts';
import { Adding } from './adding.ts';
import { Classes } from './classes.ts';
import { Collections } from './collections.ts';
import { commitOnce, hasAdds, type PreparedCommit } from './commit.ts';
import { Holds } from './holds.ts';
import { LargeValues } from './large-values.ts';
import { Line } from './line.ts';
import { PostgresChanges } from './postgres-changes.ts';
import { Reading, snapshotGone } from './reading.ts';
import { Servers, type Welcome } from './servers.ts';
import { SharedFlush } from './shared-flush.ts';
import type { SqlAddress, SqlConnection, SqlRow } from './sql-client.ts';
import { quoted } from './sql/schema.ts';
import { type Statement, type Statements, statementsOf } from './sql/statements.ts';
import { Standbys } from './standbys.ts';
import { ToldChanges } from './told-changes.ts';
import { type KeptFor, Trimming } from './trimming.ts';
import { Watcher } from './watcher.ts';

const FEATURES: ReadonlySet<string> = new Set();

/** What an engine says when it has found its store. */
export interface PostgresWelcome {
  /** The store, and how often it was said to have another history. */
  readonly storeId: string;
  readonly tid: Tid;
  readonly nonce: string;
  /** Why the commits after the one that was seen cannot be told. */
  readonly reset: 'too-old' | 'other-history' | undefined;
}

export interface PostgresOptions {
  /** The servers of which one is the primary. */
  readonly addresses: readonly SqlAddress[];
  /** Standbys from which to read. */
  readonly replicas: readonly SqlAddress[];
  /** The schema of the store, in the database. */
  readonly schema: string;
  readonly connect: (address: SqlAddress) => Promise<SqlConnection>;
  /** How many ms a request waits for a connection before it fails. */
  readonly timeout: number;
  /**
   * 'inside': a commit is on the disk before anybody sees it. 'shared': others may see it a moment earlier; many commits share one wait for the disk.
   */
  readonly flush: 'inside' | 'shared';
  readonly keptFor: KeptFor;
  readonly onState: (state: 'connected' | 'disconnected') => void;
  /** What a cache was told: the commits after that are told first. */
  readonly seen?: SeenStore | undefined;
  /** Called once, before a commit is told. */
  readonly welcomed?: (engine: Engine, welcome: PostgresWelcome) => void;
}

/** The engine on PostgreSQL. Between engine and server there are a few connections, each for one kind of statement: see Line. */
export class PostgresEngine implements Engine {
  readonly features: ReadonlySet<string> = FEATURES;
  readonly collections: Collections;
  readonly classes: Classes;
  readonly statements: Statements;
  readonly #options: PostgresOptions;
  readonly #servers: Servers;
  readonly #standbys: Standbys;
  /** Polls; gets; commits; ranges and large values; waits for the disk. */
  readonly #lines: { readonly [Name in 'watch' | 'read' | 'write' | 'bulk' | 'flush']: Line };
  readonly #reading: Reading;
  readonly #large: LargeValues;
  readonly #flush: SharedFlush;
  /** What this process gives notice of its commits with. */
  readonly #id = randomUUID();
  readonly #adding = new Adding();
  readonly #holds: Holds;
  #told: ToldChanges | undefined;
  #watcher: Watcher | undefined;
  #trimming: Trimming | undefined;
  #isReadOnly = false;
  #ended: { readonly error: Error | undefined } | undefined;

  private constructor(options: PostgresOptions) {
    this.#options = options;
    this.statements = statementsOf(quoted(options.schema));
    const told = () => this.#told?.told;
    const { connect, seen } = options;
    this.#servers = new Servers({ addresses: options.addresses, connect, statements: this.statements, told, seen: seen?.tid ?? 0 });
    const line = (dial: () => Promise<SqlConnection>, moved?: (isConnected: boolean) => void): Line =>
      new Line({ place: this.#servers.place, timeout: options.timeout, dial, ...(moved && { moved }) });
    const reader = () => this.#dial(true);
    this.#lines = {
      watch: line(
        () => this.#dialWatch(),
        (isConnected) => options.onState(isConnected ? 'connected' : 'disconnected'),
      ),
      read: line(reader),
      write: line(() => this.#dial(false)),
      bulk: line(reader),
      flush: line(() => this.#dial(false)),
    };
    const { statements } = this;
    this.collections = new Collections(this.#lines.read, this.#lines.write, statements);
    this.classes = new Classes(this.#lines.read, this.#lines.write, statements);
    this.#large = new LargeValues(this.#lines.bulk, statements);
    this.#flush = new SharedFlush(this.#lines.flush, statements);
    this.#holds = new Holds(this.#lines.watch, statements);
    this.#standbys = new Standbys({ addresses: options.replicas, connect, statements, told, timeout: options.timeout });
    this.#reading = new Reading({
      statements,
      collections: this.collections,
      large: this.#large,
      told: () => this.#whatWasTold,
      ask: (statement, values, at, isLong) => this.#askAt(statement, values, at, isLong),
    });
  }

  /** Connects to a store. `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_NOT_INSTALLED`, `ERR_STORE_NOT_INSTALLED`, `ERR_STORE_VERSION`. */
  static async connect(options: PostgresOptions): Promise<PostgresEngine> {
    const engine = new PostgresEngine(options);
    try {
      // The first connection begins everything: see #welcome.
      await engine.#lines.watch.ask(engine.statements.poll, [0, 0]);
      await engine.#watch.poll();
      engine.#checkOpen();
    } catch (error) {
      engine.#end(error as Error);
      throw error;
    }
    return engine;
  }

  get storeId(): string {
    return this.#whatWasTold.told.storeId;
  }

  /** Whether only a standby answers now. */
  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }

  processed(): Tid {
    return this.#whatWasTold.tid;
  }

  async load(keys: Iterable<StateKey>, at: Tid, take: (state: Loaded) => void): Promise<void> {
    this.#checkAt(at);
    await this.#reading.load(keys, at, take);
  }

  async range(
    collection: string,
    bounds: EngineBounds,
    at: Tid,
    credit: number,
    take: (batch: RowBatch) => unknown,
  ): Promise<void> {
    this.#checkAt(at);
    await this.#reading.range(collection, bounds, at, credit, take);
  }

  /** How many keys a range has as of a commit. */
  async count(collection: string, bounds: EngineBounds, at: Tid): Promise<number> {
    this.#checkAt(at);
    return this.#reading.count(collection, bounds, at);
  }

  hold(at: Tid, answered?: (error: Error | undefined) => void): () => void {
    this.#checkAt(at);
    const { history } = this.#whatWasTold;
    if (at < history) throw snapshotGone(at, history);
    return this.#holds.hold(at, answered);
  }

  changes(after: Tid): PostgresChanges {
    this.#checkOpen();
    checkSize(after, 'after', 0, Number.MAX_SAFE_INTEGER);
    return new PostgresChanges(this.#lines.bulk, this.statements, this.#whatWasTold, after);
  }

  onChange(fn: (change: Change) => void): () => void {
    this.#checkOpen();
    return this.#whatWasTold.listeners.onChange(fn);
  }

  onGap(fn: GapListener): () => void {
    this.#checkOpen();
    return this.#whatWasTold.listeners.onGap(fn);
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.#checkOpen();
    return this.#whatWasTold.listeners.onEnd(fn);
  }

  async commit(request: CommitRequest): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    checkRequest(request);
    this.#checkAt(request.base);
    if (request.writes.length === 0) return { tid: request.base };
    if (!hasAdds(request)) return this.#commit(request);
    return this.#adding.commit(request, {
      newest: async (keys, take) => {
        await this.#watch.poll();
        await this.#reading.load(keys, this.processed(), take);
      },
      commit: (prepared) => this.#commit(prepared),
    });
  }

  async claimIds(count: number): Promise<[first: number, last: number]> {
    this.#checkOpen();
    checkSize(count, 'count', 1, 2 ** 32);
    const [row] = await this.#lines.write.ask(this.statements.claim, [count]);
    const last = row?.[0] as number;
    return [last - count + 1, last];
  }

  /** Waits until all was told that was committed before. Gives the newest commit. */
  async sync(): Promise<Tid> {
    this.#checkOpen();
    while (await this.#watch.pollOn(this.#lines.watch));
    return this.processed();
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = this.#holds.end().catch(() => {});
    this.#ended = { error: undefined };
    // A server that does not answer must not keep it open.
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    this.#ended = undefined;
    this.#end(undefined);
  }

  get #whatWasTold(): ToldChanges {
    return this.#told as ToldChanges;
  }

  get #watch(): Watcher {
    return this.#watcher as Watcher;
  }

  async #commit(request: PreparedCommit): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    const { statements, collections } = this;
    const isShared = this.#options.flush === 'shared';
    const statement = isShared ? statements.commitUnflushed : statements.commit;
    const answer = commitOnce(request, { statement, line: this.#lines.write, collections, large: this.#large, sent: () => this.#pollBehind() });
    const committed = await answer;
    if (!('tid' in committed)) return committed;
    if (isShared) await this.#flush.wait();
    if (this.processed() < committed.tid) void this.#watch.poll();
    await isTold(this, committed.tid);
    return committed;
  }

  /** Sends a notice for others and a poll behind a commit: one trip gives all answers. If that fails, the next poll is as good. */
  #pollBehind(): void {
    this.#lines.write.ask(this.statements.notify, [this.#channel, this.#id]).catch(() => {});
    this.#watch.pollOn(this.#lines.write).catch(() => {});
  }

  /** Asks a standby that has a commit, or else the primary. */
  async #askAt(statement: Statement, values: readonly unknown[], at: Tid, isLong: boolean): Promise<readonly SqlRow[]> {
    const found = await this.#standbys.ask(statement, values, at);
    if (found !== undefined) return found;
    const line = isLong ? this.#lines.bulk : this.#lines.read;
    const rows = await line.ask(statement, values);
    const head = rows[0]?.[0] as Tid | undefined;
    if (head !== undefined && head < at) {
      throw new LeaseholdError('ERR_SNAPSHOT_LOST', `the store has no commit ${at}, but only ${head}: it has lost commits, or a standby is behind`);
    }
    return rows;
  }

  async #dial(orStandby: boolean): Promise<SqlConnection> {
    try {
      const [connection] = await this.#servers.dial(orStandby);
      return connection;
    } catch (error) {
      this.#failIfFinal(error);
      throw error;
    }
  }

  async #dialWatch(): Promise<SqlConnection> {
    try {
      const [connection, welcome] = await this.#servers.dial(true);
      this.#isReadOnly = welcome.isStandby;
      if (this.#told === undefined) this.#welcome(welcome);
      await this.#watch.attach(connection, this.#channel);
      return connection;
    } catch (error) {
      this.#failIfFinal(error);
      throw error;
    }
  }

  /** Begins with the store that was found first. */
  #welcome({ storeId, epoch, tid, nonce, log, before }: Welcome): void {
    const { seen } = this.#options;
    const id = `${storeId}/${epoch}`;
    const reset = seen === undefined ? undefined : resetOf(seen, id, { tid, log, before });
    const start = seen !== undefined && reset === undefined ? seen : { tid, nonce };
    this.#told = new ToldChanges({ storeId, epoch, tid: start.tid, nonce: start.nonce });
    this.#options.welcomed?.(this, { storeId: id, tid, nonce, reset });
    this.#watcher = new Watcher({
      statements: this.statements,
      line: this.#lines.watch,
      place: this.#servers.place,
      told: this.#told,
      id: this.#id,
      failed: (error) => this.#end(error),
      polled: (isStandby) => {
        this.#isReadOnly = isStandby;
        this.#holds.beatIfDue(now());
      },
    });
    this.#trimming = new Trimming(this.#lines.bulk, this.statements, this.#options.keptFor);
  }

  get #channel(): string {
    return `leasehold_${this.#whatWasTold.told.storeId}`;
  }

  /** After these errors, nothing that was told can be used. */
  #failIfFinal(error: unknown): void {
    if (this.#told !== undefined && (error as { code?: unknown }).code === 'ERR_SNAPSHOT_LOST') this.#end(error as Error);
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#watcher?.end();
    this.#trimming?.end();
    this.#standbys.close();
    const reason = error ?? storeClosed();
    for (const line of Object.values(this.#lines)) line.close(reason);
    this.#told?.listeners.end(error);
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended.error ?? storeClosed();
  }

  #checkAt(at: Tid): void {
    this.#checkOpen();
    checkSize(at, 'at', 0, Number.MAX_SAFE_INTEGER);
    const newest = this.processed();
    if (at > newest) throw new LeaseholdError('ERR_SNAPSHOT_LOST', `the store has no commit ${at}, but only ${newest}`);
  }
}

/** Whether what a cache was told is of the same history, and all commits since can be told. */
function resetOf(
  seen: SeenStore,
  storeId: string,
  { tid, log, before }: Pick<Welcome, 'tid' | 'log' | 'before'>,
): PostgresWelcome['reset'] {
  if (seen.storeId !== storeId || seen.tid > tid) return 'other-history';
  if (before !== undefined && before !== seen.nonce && seen.tid > 0) return 'other-history';
  return seen.tid < log ? 'too-old' : undefined;
}
