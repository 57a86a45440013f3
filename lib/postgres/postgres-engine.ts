import { checkSize } from '../base/check-arguments.ts';
import { setTimeout, unref } from '../base/clock.ts';
import { LeaseholdError } from '../base/errors.ts';
import { notThenable } from '../base/primordials.ts';
import { checkRequest } from '../versions/engine/check-request.ts';
import type {
  Change,
  CommitAnswer,
  CommitRequest,
  Engine,
  EngineBounds,
  GapListener,
  Loaded,
  RowBatch,
  StateKey,
  Tid,
} from '../versions/engine/engine.ts';
import { SINGLE_COMMITS } from '../versions/engine/features.ts';
import { outcomeUnknown } from '../versions/engine/outcome-unknown.ts';
import { isTold } from '../versions/engine/reached.ts';
import type { RunTurns } from '../versions/turn.ts';
import { Adding } from './adding.ts';
import { Classes } from './classes.ts';
import { Collections } from './collections.ts';
import { commitOnce, hasAdds, type PreparedCommit } from './commit.ts';
import type { Line } from './connection/line.ts';
import { LargeValues } from './large-values.ts';
import { PostgresChanges } from './postgres-changes.ts';
import type { PostgresOptions } from './postgres-options.ts';
import { PostgresSession } from './postgres-session.ts';
import { Reading, snapshotGone } from './reading.ts';
import type { Statement } from './sql/statement.ts';
import type { CommitTrip } from './trips/commit-trips.ts';
import { HeldTurn } from './turns/held-turn.ts';
import { TransactionTurns } from './turns/turns.ts';

const FEATURES: ReadonlySet<string> = new Set([SINGLE_COMMITS]);
/** How long `close` waits for the server, in ms. */
const LONGEST_GOODBYE = 1000;

/** The engine on PostgreSQL. */
export class PostgresEngine implements Engine {
  readonly features: ReadonlySet<string> = FEATURES;
  readonly collections: Collections;
  readonly classes: Classes;
  readonly #isShared: boolean;
  readonly #session: PostgresSession;
  readonly #reading: Reading;
  readonly #large: LargeValues;
  readonly #adding = new Adding();

  private constructor(options: PostgresOptions) {
    const session = new PostgresSession(options, this);
    const { lines, statements } = session;
    this.#session = session;
    this.#isShared = options.flush === 'shared';
    this.collections = new Collections(lines.read, lines.write, statements);
    this.classes = new Classes(lines.read, lines.write, statements);
    this.#large = new LargeValues(lines.bulk, lines.keep, statements);
    this.#reading = new Reading({
      statements,
      collections: this.collections,
      large: this.#large,
      told: () => session.told,
      ask: (statement, values, at, isLong) => session.askAt(statement, values, at, isLong),
    });
  }

  /** Connects to a store. `ERR_DISCONNECTED`, `ERR_FORBIDDEN`, `ERR_NOT_INSTALLED`, `ERR_STORE_NOT_INSTALLED`, `ERR_STORE_VERSION`. */
  static async connect(options: PostgresOptions): Promise<PostgresEngine> {
    const engine = new PostgresEngine(options);
    try {
      await engine.#session.begin();
    } catch (error) {
      engine.#session.end(error as Error);
      throw error;
    }
    return engine;
  }

  get storeId(): string {
    return this.#session.told.told.storeId;
  }

  /** Whether only a standby answers now. */
  get isReadOnly(): boolean {
    return this.#session.isReadOnly;
  }

  processed(): Tid {
    return this.#session.told.tid;
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
    const { history } = this.#session.told;
    if (at < history) throw snapshotGone(at, history);
    return this.#session.holds.hold(at, answered);
  }

  changes(after: Tid): PostgresChanges {
    this.#session.checkOpen();
    checkSize(after, 'after', 0, Number.MAX_SAFE_INTEGER);
    return new PostgresChanges(this.#session, after);
  }

  onChange(fn: (change: Change) => void): () => void {
    this.#session.checkOpen();
    return this.#session.told.listeners.onChange(fn);
  }

  onGap(fn: GapListener): () => void {
    this.#session.checkOpen();
    return this.#session.told.listeners.onGap(fn);
  }

  onEnd(fn: (error: Error | undefined) => void): () => void {
    this.#session.checkOpen();
    return this.#session.told.listeners.onEnd(fn);
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    checkRequest(request);
    this.#checkAt(request.base);
    if (request.writes.length === 0) return { tid: request.base };
    const turn = request.turn instanceof HeldTurn && request.turn.isHeld ? request.turn : undefined;
    if (!hasAdds(request)) return this.#commit(request, turn);
    return this.#adding.commit(request, turn !== undefined, {
      newest: async (keys, take, isAgain) => {
        if (isAgain) await this.#session.sync();
        await this.#reading.load(keys, this.processed(), take);
      },
      commit: (prepared) => this.#commit(prepared, turn),
    });
  }

  turns(): RunTurns {
    return new TransactionTurns(this.#session.turns);
  }

  async claimIds(count: number): Promise<[first: number, last: number]> {
    this.#session.checkOpen();
    checkSize(count, 'count', 1, 2 ** 32);
    const { lines, statements } = this.#session;
    const [row] = await lines.keep.ask(statements.claim, [count]);
    const last = row?.[0] as number;
    return [last - count + 1, last];
  }

  /** Has told all that was committed before, by whomever. Gives the newest commit. `ERR_READ_ONLY` if only a standby answers: it may lack what was committed last. */
  async sync(): Promise<Tid> {
    this.#session.checkOpen();
    await this.#session.sync();
    return this.processed();
  }

  /** The same of what the server has that answers now, be it a standby. */
  async catchUp(): Promise<Tid> {
    this.#session.checkOpen();
    await this.#session.catchUp();
    return this.processed();
  }

  /** How large it is, and as of which commits it can be read. */
  async info(): Promise<object> {
    const { lines, statements } = this.#session;
    const [row] = await lines.read.ask(statements.info, []);
    const [tid, epoch, history, log, bytes, server] = row as [Tid, number, Tid, Tid, number, string];
    return { tid, epoch, oldestSnapshot: history, oldestChange: log + 1, bytes, server };
  }

  /** Throws away now what nobody needs any more, as is done from time to time. */
  async trim(): Promise<void> {
    this.#session.checkOpen();
    await this.#session.trim();
  }

  async close(): Promise<void> {
    const goodbye = this.#session.goodbye();
    await Promise.race([
      goodbye,
      new Promise<void>((resolve) => {
        unref(setTimeout(resolve, LONGEST_GOODBYE));
      }),
    ]);
    this.#session.end(undefined);
  }

  /** `turn`: whose commit it is, if it has come in time. */
  async #commit(request: PreparedCommit, turn: HeldTurn | undefined): Promise<CommitAnswer> {
    const { trips, statements, commitStatement } = this.#session;
    let trip: CommitTrip | undefined;
    const ask: Line['ask'] = (statement, values, unanswered = outcomeUnknown) => {
      const again = () => {
        trip = trips.begin(request.commitId, statement, values, unanswered);
        return trip.answer;
      };
      return turn?.isHeld === true ? turn.commit(statement, values, again, unanswered) : again();
    };
    const commit = async (statement: Statement) => {
      const answer = await commitOnce(request, {
        statement,
        line: { ask },
        collections: this.collections,
        large: this.#large,
      });
      trips.committed('tid' in answer ? answer : undefined, trip);
      return answer;
    };
    let answer = await commit(commitStatement);
    if (!('tid' in answer)) return answer;
    if (this.#isShared && !(await this.#isFlushed(request.commitId, trip?.flushed))) {
      // The server has ended before the commit was on the disk: it is made again, and has another number, or meets a conflict.
      answer = await commit(statements.commit);
      if (!('tid' in answer)) return answer;
    }
    const { tid } = answer;
    if (this.processed() < tid) await isTold(this, tid);
    return { tid };
  }

  /** Waits for the disk. False if the commit has not come there. `ERR_OUTCOME_UNKNOWN` */
  async #isFlushed(commitId: Uint8Array, flushed: Promise<boolean> | undefined): Promise<boolean> {
    try {
      return await (flushed ?? this.#session.flush.wait(commitId));
    } catch (error) {
      throw outcomeUnknown(error as Error);
    }
  }

  #checkAt(at: Tid): void {
    this.#session.checkOpen();
    checkSize(at, 'at', 0, Number.MAX_SAFE_INTEGER);
    const newest = this.processed();
    if (at > newest) throw new LeaseholdError('ERR_SNAPSHOT_LOST', `the store has no commit ${at}, but only ${newest}`);
  }
}

notThenable(PostgresEngine);
