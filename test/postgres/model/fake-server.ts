import type { SqlAddress, SqlConnection, SqlRow } from '../../../lib/postgres/connection/sql-client.ts';
import { quoted, SCHEMA_VERSION } from '../../../lib/postgres/sql/schema.ts';
import type { Statement } from '../../../lib/postgres/sql/statement.ts';
import { type Statements, statementsOf } from '../../../lib/postgres/sql/statements.ts';
import type { Random } from '../../versions/random.ts';
import { committed, type Data, EMPTY, stateAt, trimmed } from './world.ts';

export const SCHEMA = 'model';
/** The number of the only collection, 'items'. */
const ITEMS = 1;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** What a server does wrong, to see that the test notices. */
export interface Broken {
  /** A statement says that the commit as of which it reads is the one that the engine was told. */
  readonly trustsNonce?: boolean;
  /** A statement says that the server has the commit as of which it reads. */
  readonly hidesLag?: boolean;
  /** A statement says that nothing was thrown away. */
  readonly hidesTrimming?: boolean;
  /** What was sent twice is committed twice. */
  readonly forgetsIds?: boolean;
  /** A poll says that the server has the commit after which it asks. */
  readonly hidesHistory?: boolean;
  /** A lost answer is said to be a transaction that was rolled back. */
  readonly liesAboutLosses?: boolean;
  /** What was read is not compared. */
  readonly ignoresReads?: boolean;
  /** The end of a transaction is answered before it is executed. */
  readonly answersEarly?: boolean;
}

interface Server {
  data: Data;
  isStandby: boolean;
  /** Whose transaction has the row of `head` locked: nobody else commits. */
  lockedBy?: FakeConnection | undefined;
}

/** What waits to be executed. */
interface Sent {
  readonly needsHead: boolean;
  readonly execute: () => void;
}

/** Servers with connections on which statements are executed and answered when the test says so: in order on each, in any order between them. */
export class FakeServers {
  readonly primary: Server = { data: EMPTY, isStandby: false };
  /** Has what the primary had at some time. */
  readonly standby: Server = { data: EMPTY, isStandby: true };
  /** What the primary has had since the standby has what it has. */
  #unseen: Data[] = [];
  /** What was there after each commit, by its nonce. */
  readonly byNonce: Map<string, Data> = new Map([['', EMPTY]]);
  readonly connections: FakeConnection[] = [];
  readonly names: Map<string, keyof Statements> = new Map();
  readonly broken: Broken;
  /** The nonces that the engine was told which was told last, for what a broken server says. */
  readonly told: Map<number, string> = new Map();

  constructor(broken: Broken = {}) {
    this.broken = broken;
    // The range statements are not used by the model.
    for (const [name, { text }] of Object.entries(statementsOf(quoted(SCHEMA)))) {
      if (text !== undefined) this.names.set(text, name as keyof Statements);
    }
  }

  readonly connect = async (address: SqlAddress): Promise<SqlConnection> => {
    const connection = new FakeConnection(this, address.url === 'primary' ? this.primary : this.standby);
    this.connections.push(connection);
    return connection;
  };

  /** Executes or answers one statement of one connection. Gives whether there was one. */
  step(random: Random): boolean {
    const steps = this.connections.flatMap((connection) => [
      ...(connection.isBlocked ? [] : [() => connection.sent.shift()?.execute()]),
      ...(connection.answers.length === 0 ? [] : [() => connection.answers.shift()?.()]),
    ]);
    if (steps.length === 0) return false;
    random.pick(steps)();
    return true;
  }

  lose(random: Random): void {
    if (this.connections.length > 0) random.pick(this.connections).lose();
  }

  set(data: Data): void {
    this.primary.data = data;
    this.byNonce.set(data.nonce, data);
    this.#unseen.push(data);
  }

  /** The transaction that has the row of `head` locked is lost. */
  loseLock(): void {
    this.primary.lockedBy?.lose();
  }

  /** The standby replays some of what it lacks. */
  replay(random: Random): void {
    const count = random.below(this.#unseen.length + 1);
    if (count > 0) this.standby.data = this.#unseen[count - 1] as Data;
    this.#unseen = this.#unseen.slice(count);
  }

  /**
   * The primary is gone, and its last commits with it: the standby becomes the primary under its address, and somebody else commits there. A second standby, which follows the new
   * primary, takes the place of the first, and those who read from that stay connected.
   */
  failOver(random: Random): void {
    for (const connection of [...this.connections]) if (connection.server === this.primary) connection.lose();
    this.primary.data = this.standby.data;
    this.#unseen = [];
    for (let i = random.below(8); i >= 0; i--) {
      const { data } = this.primary;
      const writes = [{ key: random.pick(['61', '62', '63']), bytes: new Uint8Array([random.below(256), 1]) }];
      const name = `foreign${data.tid}${i}`;
      this.set(committed(data, { id: name, nonce: name, base: data.tid, reads: [], writes }).data);
    }
    this.replay(random);
  }

  trim(random: Random): void {
    const { data, lockedBy } = this.primary;
    if (lockedBy !== undefined) return;
    const after = trimmed(data, data.tid - random.below(6));
    this.primary.data = after;
    this.#unseen.push(after);
  }
}

export class FakeConnection implements SqlConnection {
  readonly server: Server;
  /** Each executes a statement. */
  readonly sent: Sent[] = [];
  /** Each gives an answer. */
  readonly answers: (() => void)[] = [];
  readonly #servers: FakeServers;
  readonly #waiting = new Set<(error: Error) => void>();
  #lost: Error | undefined;
  #onLost: ((error: Error) => void) | undefined;
  /** In a transaction that has begun: what others see when it is committed. */
  #transaction: { made: Data | undefined } | undefined;

  constructor(servers: FakeServers, server: Server) {
    this.#servers = servers;
    this.server = server;
  }

  query({ text }: Statement, values: readonly unknown[]): Promise<readonly SqlRow[]> {
    const name = this.#servers.names.get(text);
    if (name === undefined) throw new Error(`the model does not know ${text}`);
    return this.#send(name === 'lock' || name === 'commit', () => this.#execute(name, values));
  }

  async run(text: string): Promise<void> {
    const ended = this.#send(false, () => {
      if (text.startsWith('begin')) this.#transaction = { made: undefined };
      else if (text === 'commit') this.#end(true);
      else if (text === 'rollback') this.#end(false);
    });
    if (this.#servers.broken.answersEarly === true && text === 'commit') ended.catch(() => {});
    else await ended;
  }

  /** Whether there is nothing to execute, or that waits for the transaction of somebody else. */
  get isBlocked(): boolean {
    const [next] = this.sent;
    const { lockedBy } = this.server;
    return next === undefined || (next.needsHead && lockedBy !== undefined && lockedBy !== this);
  }

  #send<T>(needsHead: boolean, run: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      this.#waiting.add(reject);
      const answer = (give: () => void): void => {
        this.answers.push(() => {
          this.#waiting.delete(reject);
          give();
        });
      };
      const execute = (): void => {
        try {
          const found = run();
          answer(() => resolve(found));
        } catch (error) {
          answer(() => reject(error));
        }
      };
      this.sent.push({ needsHead, execute });
    });
  }

  #execute(name: keyof Statements, values: readonly unknown[]): readonly SqlRow[] {
    const { server } = this;
    if (name === 'lock') {
      if (this.#transaction === undefined) throw new Error('a lock outside of a transaction');
      server.lockedBy = this;
      return [[server.data.tid]];
    }
    return execute(this.#servers, server, name, values, (data) => {
      if (this.#transaction === undefined) this.#servers.set(data);
      else this.#transaction.made = data;
    });
  }

  /** Ends the transaction. */
  #end(isCommitted: boolean): void {
    const made = this.#transaction?.made;
    this.#transaction = undefined;
    if (this.server.lockedBy === this) this.server.lockedBy = undefined;
    // Meanwhile, only sessions have changed.
    if (isCommitted && made !== undefined) this.#servers.set({ ...made, sessions: this.server.data.sessions });
  }

  async listen(): Promise<void> {
    throw new Error('no notices here');
  }

  onLost(fn: (error: Error) => void): void {
    this.#onLost = fn;
    if (this.#lost !== undefined) fn(this.#lost);
  }

  end(): void {
    this.lose();
  }

  lose(): void {
    if (this.#lost !== undefined) return;
    const { connections, broken } = this.#servers;
    this.#lost = Object.assign(new Error('lost'), broken.liesAboutLosses === true && { code: '40001' });
    connections.splice(connections.indexOf(this), 1);
    this.#end(false);
    this.sent.length = 0;
    this.answers.length = 0;
    for (const reject of this.#waiting) reject(this.#lost);
    this.#onLost?.(this.#lost);
  }
}

/** One key, or an array of them, or the text of one: '{"\\\\x61","\\\\x62"}'. */
function keysOf(given: Uint8Array | readonly Uint8Array[] | string): readonly Uint8Array[] {
  if (typeof given === 'string') return given.match(/[0-9a-f]{2,}/g)?.map(bytesOf) ?? [];
  return given instanceof Uint8Array ? [given] : given;
}

/** `commit` gets what a commit has made. */
function execute(
  servers: FakeServers,
  server: Server,
  name: keyof Statements,
  values: readonly unknown[],
  commit: (made: Data) => void,
): SqlRow[] {
  const { broken } = servers;
  const { data, isStandby } = server;
  const nonceAt = (tid: number): string | null => data.changes.find((change) => change.tid === tid)?.nonce ?? null;
  switch (name) {
    case 'hello': {
      const [after] = values as [number];
      const nonce = data.nonce === '' ? null : data.nonce;
      const before = broken.hidesHistory === true ? null : nonceAt(after);
      return [['store', SCHEMA_VERSION, 1, data.tid, data.history, 0, isStandby, before, nonce]];
    }
    case 'poll': {
      const [after, most] = values as [number, number];
      const before = broken.hidesHistory === true ? null : nonceAt(after);
      const tid = broken.hidesHistory === true ? Math.max(after, data.tid) : data.tid;
      const nonce = data.nonce === '' ? null : data.nonce;
      const head = [tid, data.history, 0, 1, isStandby, before, nonce];
      const news = data.changes.filter((change) => change.tid > after).slice(0, most);
      if (news.length === 0) return [[...head, ...new Array(9).fill(null)]];
      return news.map((change) => {
        const keys = change.keys.map(bytesOf);
        return [...head, change.tid, change.nonce, 0, bytesOf(change.id), keys.map(() => 'items'), keys, [], [], []];
      });
    }
    case 'loadOne':
    case 'loadKeys':
    case 'load':
    case 'loadAt': {
      const keys = keysOf(values[1] as Uint8Array | readonly Uint8Array[] | string);
      const at = values[2] as number;
      const told = values.at(-1) as number;
      const head = broken.hidesLag === true ? Math.max(at, data.tid) : data.tid;
      const history = broken.hidesTrimming === true ? 0 : data.history;
      const nonce =
        broken.trustsNonce === true
          ? (servers.told.get(Math.min(told, head)) ?? null)
          : nonceAt(Math.min(told, data.tid));
      const says = (...more: unknown[]): string =>
        `(${[head, history, nonce, ...more].map((item) => item ?? '').join(',')})`;
      const newestOf = (key: Uint8Array) => data.records.get(hex(key));
      if (name === 'loadOne') {
        const newest = newestOf(keys[0] as Uint8Array);
        return [[says(newest?.tid, null), newest?.bytes ?? null]];
      }
      if (name === 'loadKeys') {
        const there = keys.filter((key) => newestOf(key) !== undefined);
        const values = there.map((key) => newestOf(key)?.bytes as Uint8Array);
        return [
          [
            says(),
            there.map(hex).join(''),
            there.map(({ length }) => length),
            there.map((key) => newestOf(key)?.tid),
            values.map(({ length }) => length),
            new Uint8Array(Buffer.concat(values)),
          ],
        ];
      }
      return keys.map((key, i) => {
        const text = hex(key);
        const newest = newestOf(key);
        if (name === 'load') return [says(), i + 1, newest?.tid ?? null, newest?.bytes ?? null, null];
        const found = stateAt(data, text, at);
        const olds = data.old.filter((old) => old.key === text);
        const later = [...olds, ...(newest === undefined ? [] : [newest])]
          .map(({ tid }) => tid)
          .filter((tid) => tid > at);
        const own = olds.find((old) => old.tid === found?.tid)?.next;
        const next = Math.min(...later, own ?? Number.POSITIVE_INFINITY);
        return [says(), i + 1, found?.tid ?? null, found?.bytes ?? null, null, Number.isFinite(next) ? next : null];
      });
    }
    case 'findCollection':
      return [[ITEMS, 'bytes', '"bytes"', 0]];
    case 'commit': {
      if (isStandby) throw Object.assign(new Error('it only reads'), { code: '25006' });
      const [id, nonce, base, , readKeys, readTids, , , , , , keys, bytes] = values as [
        Uint8Array,
        string,
        number,
        unknown,
        Uint8Array[],
        number[],
        unknown,
        unknown,
        unknown,
        unknown,
        unknown,
        Uint8Array[],
        (Uint8Array | null)[],
      ];
      const wanted = {
        id: broken.forgetsIds === true ? hex(id) + data.tid : hex(id),
        nonce,
        base,
        reads:
          broken.ignoresReads === true ? [] : readKeys.map((key, i) => ({ key: hex(key), tid: readTids[i] as number })),
        writes: keys.map((key, i) => ({ key: hex(key), bytes: bytes[i] ?? undefined })),
      };
      const made = committed(data, wanted);
      if (made.data !== data) commit(made.data);
      const isNew = made.data !== data;
      const bad = made.bad.length === 0 ? '' : `"{${made.bad.join(',')}}"`;
      return [[`(${made.result},${made.tid},${isNew ? data.nonce || '""' : ''},1,${data.history},0,${bad},)`]];
    }
    case 'heartbeat': {
      const [id, oldest] = values as [string, number | null];
      const sessions = new Map(data.sessions);
      if (oldest === null) sessions.delete(id);
      else sessions.set(id, oldest);
      server.data = { ...data, sessions };
      return [[data.tid, data.history]];
    }
    case 'endSession':
    case 'notify':
      return [];
    default:
      throw new Error(`the model does not do ${name}`);
  }
}
