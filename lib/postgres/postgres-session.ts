import { now } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { bytesToHex } from '../base/hex.ts';
import { randomBytes } from '../base/platform.ts';
import type { Engine, Tid } from '../versions/engine/engine.ts';
import { storeClosed } from '../versions/engine/store-closed.ts';
import { type Answer, answerOf } from './answer.ts';
import { Line } from './connection/line.ts';
import type { Lines } from './connection/lines.ts';
import { plannedOnce } from './connection/planned-once.ts';
import { Servers, type Welcome } from './connection/servers.ts';
import type { SqlConnection } from './connection/sql-client.ts';
import { Standbys } from './connection/standbys.ts';
import { ConnectionLost, otherHistory } from './errors.ts';
import { Holds } from './holds.ts';
import { Notices } from './notices.ts';
import type { PostgresOptions } from './postgres-options.ts';
import { nameOf, resetOf } from './seen-store.ts';
import { quoted } from './sql/schema.ts';
import type { Statement } from './sql/statement.ts';
import { type Statements, statementsOf } from './sql/statements.ts';
import { ToldChanges } from './told-changes.ts';
import { Trimming } from './trimming.ts';
import { CommitTrips } from './trips/commit-trips.ts';
import { SharedFlush } from './trips/shared-flush.ts';
import { Turns } from './turns/turns.ts';
import { Watcher } from './watcher.ts';

/** How often a primary is looked for while a standby answers, in ms. */
const LOOK_PAUSE = 500;

/** What an engine has of its servers: connections, and the commits that they have told. */
export class PostgresSession {
  readonly statements: Statements;
  readonly lines: Lines;
  readonly holds: Holds;
  readonly flush: SharedFlush;
  readonly turns: Turns;
  readonly trips: CommitTrips;
  readonly #options: PostgresOptions;
  readonly #owner: Engine;
  readonly #servers: Servers;
  readonly #standbys: Standbys;
  /** What this process gives notice of its commits with. */
  readonly #id = bytesToHex(randomBytes(16), 0, 16);
  #told: ToldChanges | undefined;
  #watcher: Watcher | undefined;
  #trimming: Trimming | undefined;
  #notices: Notices | undefined;
  #isReadOnly = false;
  /** When a primary is looked for the next time. */
  #looksAt = 0;
  #ended: { readonly error: Error | undefined } | undefined;

  /** `owner`: whom `welcomed` gets. */
  constructor(options: PostgresOptions, owner: Engine) {
    this.#options = options;
    this.#owner = owner;
    const { addresses, replicas, connect, seen, schema, timeout, onState } = options;
    const statements = statementsOf(quoted(schema));
    const told = () => this.#told?.told;
    this.statements = statements;
    this.#servers = new Servers({ addresses, connect, statements, told, seen: seen?.tid ?? 0 });
    this.#standbys = new Standbys({ addresses: replicas, connect, statements, told });
    const line = (dial: () => Promise<SqlConnection>, moved?: (isConnected: boolean) => void): Line =>
      new Line({ place: this.#servers.place, timeout, dial, ...(moved && { moved }) });
    const reading = () => this.#dial(true);
    const writing = () => this.#dial(false);
    const planned = async (dialed: Promise<SqlConnection>) => plannedOnce(await dialed);
    this.lines = {
      watch: line(
        () => planned(this.#dialWatch()),
        (isConnected) => onState(isConnected ? 'connected' : 'disconnected'),
      ),
      read: line(() => planned(reading())),
      bulk: line(reading),
      write: line(() => planned(writing())),
      keep: line(writing),
      flush: line(() => planned(writing())),
    };
    this.holds = new Holds(this.lines.keep, statements, () => this.told.tid);
    this.flush = new SharedFlush(this.lines.flush, statements);
    this.trips = new CommitTrips({
      line: this.lines.write,
      flush: options.flush === 'shared' ? this.flush : undefined,
      watcher: () => this.#watch,
      committed: (tid) => this.#notices?.give(tid),
      told: () => (this.#ended === undefined ? this.told : undefined),
    });
    this.turns = new Turns({
      dial: () => planned(writing()),
      lock: statements.lock,
      commit: this.commitStatement,
      reach: (tid) => this.#reach(tid),
    });
  }

  /** Connects, and has told what was committed since what a cache has seen. */
  async begin(): Promise<void> {
    // The first connection begins everything: see #welcome.
    await this.lines.watch.connect();
    await this.catchUp();
  }

  /** What was told until now. */
  get told(): ToldChanges {
    return this.#told as ToldChanges;
  }

  /** Whether only a standby answers now. */
  get isReadOnly(): boolean {
    return this.#isReadOnly;
  }

  /** Has told all that the server has that answers now, be it a standby. Gives whether it is one. */
  async catchUp(): Promise<boolean> {
    const isStandby = await this.#watch.catchUp(this.lines.watch);
    this.checkOpen();
    return isStandby;
  }

  /** Has told all that was committed before, by whomever. `ERR_READ_ONLY` if only a standby answers: it may lack what was committed last. */
  async sync(): Promise<void> {
    if (!(await this.catchUp())) return;
    // A standby is asked until the primary is found again, and may be behind that.
    await this.#watch.catchUp(this.lines.write);
    this.checkOpen();
  }

  /** What commits. */
  get commitStatement(): Statement {
    const { commit, commitUnflushed } = this.statements;
    return this.#options.flush === 'shared' ? commitUnflushed : commit;
  }

  /** Looks for new commits, soon. */
  poll(): Promise<void> {
    return this.#watch.poll();
  }

  async trim(): Promise<void> {
    await this.#trimming?.trim();
  }

  /** Asks a standby that has a commit, or else the primary. `ERR_SNAPSHOT_LOST` if that has lost it. For the statement see reading-statements.ts. */
  async askAt(statement: Statement, given: readonly unknown[], at: Tid, isLong: boolean): Promise<Answer> {
    const { told } = this;
    const { tid } = told;
    const values = [...given, tid];
    const nonceOf = (head: Tid): string | undefined => told.nonceOf(Math.min(head, tid));
    const found = await this.#standbys.ask(statement, values, at, nonceOf);
    if (found !== undefined) return found;
    const line = isLong ? this.lines.bulk : this.lines.read;
    let answer = answerOf(await line.ask(statement, values));
    if (answer.head < at) {
      // A standby that answers while there is no primary, or who was the primary. Another connection leads to a server that has what was told.
      line.drop();
      answer = answerOf(await line.ask(statement, values));
    }
    if (answer.head < at) throw this.#lostCommits(at, answer.head);
    const nonce = nonceOf(answer.head);
    if (nonce !== undefined && answer.nonce !== undefined && answer.nonce !== nonce) {
      this.end(otherHistory(this.#servers.place));
      this.checkOpen();
    }
    return answer;
  }

  #lostCommits(at: Tid, head: Tid): LeaseholdError {
    return new LeaseholdError(
      'ERR_SNAPSHOT_LOST',
      `the store has no commit ${at}, but only ${head}: it has lost commits, or only a standby answers, which is behind`,
    );
  }

  /** Gives the last notice, and holds nothing any more. */
  async goodbye(): Promise<void> {
    await Promise.allSettled([this.#notices?.flush(), this.holds.end()]);
  }

  /** What it ended with, or `ERR_ENV_CLOSED`. */
  checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended.error ?? storeClosed();
  }

  end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#watcher?.end();
    this.#trimming?.end();
    this.#standbys.close();
    const reason = error ?? storeClosed();
    for (const name in this.lines) this.lines[name as keyof Lines].close(reason);
    this.turns.close();
    this.#told?.listeners.end(error);
  }

  /** Has told a commit of the primary. False if only a standby answers, which may lack it. */
  async #reach(tid: Tid): Promise<boolean> {
    return this.told.tid >= tid || !(await this.catchUp());
  }

  get #watch(): Watcher {
    return this.#watcher as Watcher;
  }

  get #channel(): string {
    return `leasehold_${this.told.told.storeId}`;
  }

  async #dial(orStandby: boolean): Promise<SqlConnection> {
    try {
      const [connection] = await this.#servers.dial(orStandby);
      return connection;
    } catch (error) {
      this.#endIfLost(error);
      throw error;
    }
  }

  async #dialWatch(): Promise<SqlConnection> {
    try {
      const [connection, welcome] = await this.#servers.dial(true);
      if (this.#told === undefined) this.#checkNotBehind(connection, welcome);
      this.#isReadOnly = welcome.isStandby;
      if (this.#told === undefined) this.#welcome(welcome);
      await this.#watch.attach(connection, this.#channel);
      return connection;
    } catch (error) {
      this.#endIfLost(error);
      throw error;
    }
  }

  /** A standby that does not have what the cache of this host was told is not begun with: other processes may have newer states in that cache. */
  #checkNotBehind(connection: SqlConnection, { storeId, epoch, tid, isStandby }: Welcome): void {
    const { seen } = this.#options;
    if (!isStandby || seen === undefined || seen.storeId !== nameOf(storeId, epoch) || tid >= seen.tid) return;
    connection.end();
    throw new ConnectionLost(
      new Error(`the standby is behind the cache: it knows ${tid} commits, and not ${seen.tid}`),
    );
  }

  /** Begins with the store that was found first. */
  #welcome({ storeId, epoch, tid, nonce, log, before }: Welcome): void {
    const { seen, welcomed, keptFor } = this.#options;
    const id = nameOf(storeId, epoch);
    const reset = seen === undefined ? undefined : resetOf(seen, id, { tid, log, before });
    const start = seen !== undefined && reset === undefined ? seen : { tid, nonce };
    this.#told = new ToldChanges({ storeId, epoch, tid: start.tid, nonce: start.nonce });
    welcomed?.(this.#owner, { storeId: id, tid, nonce, reset });
    this.#watcher = new Watcher({
      statements: this.statements,
      line: this.lines.watch,
      place: this.#servers.place,
      told: this.#told,
      id: this.#id,
      failed: (error) => this.end(error),
      heard: (tid) => this.#notices?.heard(tid),
      polled: (isStandby) => {
        this.#isReadOnly = isStandby;
        if (isStandby) this.#lookForPrimary();
        this.holds.beatIfDue(now());
      },
    });
    this.#notices = new Notices({
      line: this.lines.write,
      statements: this.statements,
      channel: this.#channel,
      id: this.#id,
    });
    this.#trimming = new Trimming(this.lines.keep, this.statements, keptFor);
  }

  /** From time to time while only a standby answers. If there is a primary again, what reads connects with it. */
  #lookForPrimary(): void {
    const time = now();
    if (time < this.#looksAt || this.#options.addresses.length === 1) return;
    this.#looksAt = time + LOOK_PAUSE;
    this.#dial(false).then(
      (connection) => {
        connection.end();
        const { watch, read, bulk } = this.lines;
        watch.drop();
        read.drop();
        bulk.drop();
      },
      () => {},
    );
  }

  /** A store that has lost what was told cannot be gone on with. */
  #endIfLost(error: unknown): void {
    if (this.#told !== undefined && (error as { code?: unknown }).code === 'ERR_SNAPSHOT_LOST')
      this.end(error as Error);
  }
}
