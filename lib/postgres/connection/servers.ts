import { LeaseholdError } from '../../base/errors.ts';
import type { Tid } from '../../versions/engine/engine.ts';
import { ConnectionLost, errorOf, notInstalled, otherHistory } from '../errors.ts';
import { SCHEMA_VERSION } from '../sql/schema.ts';
import type { Statements } from '../sql/statements.ts';
import type { SqlAddress, SqlConnection, SqlRow } from './sql-client.ts';

/** What a server says of its store. */
export interface Welcome {
  readonly storeId: string;
  readonly epoch: number;
  /** The newest commit, and its nonce. */
  readonly tid: Tid;
  readonly nonce: string;
  /** The commits after this one are in the log of changes. */
  readonly log: Tid;
  /** Whether it is a standby. */
  readonly isStandby: boolean;
  /** The nonce of the commit that was asked for; undefined if the server does not have it. */
  readonly before: string | undefined;
}

/** What this process has been told: a server must have that too. */
export interface Told {
  readonly storeId: string;
  readonly epoch: number;
  readonly tid: Tid;
  readonly nonce: string;
}

export interface ServersOptions {
  readonly addresses: readonly SqlAddress[];
  readonly connect: (address: SqlAddress) => Promise<SqlConnection>;
  readonly statements: Statements;
  /** What has been told until now; undefined at first. */
  readonly told: () => Told | undefined;
  /** The commit that a cache was told last. */
  readonly seen: Tid;
  /** Whether a standby may lack commits that were told: then each answer must be looked at. */
  readonly mayBeBehind?: boolean;
}

/** The servers that may have the store. Of several, one is the primary, at most; others can be standbys of it. */
export class Servers {
  readonly #options: ServersOptions;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /** The addresses, for errors. */
  get place(): string {
    return this.#options.addresses.map(({ text }) => text).join(', ');
  }

  /**
   * Connects to the primary; with `orStandby`, to a standby if there is no primary. `ConnectionLost` if none answers; `ERR_READ_ONLY` if only standbys do;
   * `ERR_SNAPSHOT_LOST` if the store there has another history than what was told: also if a standby still has what the primary has lost.
   */
  async dial(orStandby: boolean): Promise<readonly [connection: SqlConnection, welcome: Welcome]> {
    let failure: unknown = new Error('there is no address');
    let readOnly: LeaseholdError | undefined;
    let lost: LeaseholdError | undefined;
    let standby: readonly [SqlConnection, Welcome] | undefined;
    for (const address of this.#options.addresses) {
      try {
        const [connection, welcome, other] = await this.#greet(address);
        if (other === undefined && !welcome.isStandby) {
          standby?.[0].end();
          return [connection, welcome];
        }
        if (other === undefined) {
          readOnly = new LeaseholdError('ERR_READ_ONLY', `${address.text} is a standby, which only reads`);
          if (standby === undefined && orStandby) {
            standby = [connection, welcome];
            continue;
          }
        } else if (welcome.isStandby) failure = other;
        else lost = other;
        connection.end();
      } catch (error) {
        failure = error;
      }
    }
    if (standby !== undefined && lost === undefined) return standby;
    standby?.[0].end();
    throw lost ?? readOnly ?? errorOf(failure, this.place);
  }

  /** `other`: the error if it has another history than what was told. */
  async #greet(
    address: SqlAddress,
  ): Promise<readonly [connection: SqlConnection, welcome: Welcome, other: LeaseholdError | undefined]> {
    const { connect, statements, told, seen, mayBeBehind = false } = this.#options;
    const connection = await connect(address);
    try {
      const before = told();
      const [row] = await connection.query(statements.hello, [before?.tid ?? seen]);
      const welcome = welcomeOf(row, address.text);
      if (before === undefined) return [connection, welcome, undefined];
      if (isOther(welcome, before)) return [connection, welcome, otherHistory(address.text)];
      if (welcome.tid >= before.tid || mayBeBehind) return [connection, welcome, undefined];
      throw new ConnectionLost(
        new Error(`the standby is behind: it knows ${welcome.tid} commits, and not ${before.tid}`),
      );
    } catch (error) {
      connection.end();
      throw errorOf(error, address.text);
    }
  }
}

function welcomeOf(row: SqlRow | undefined, place: string): Welcome {
  if (row === undefined) throw notInstalled(place);
  const [store, version, epoch, tid, , log, isStandby, before, nonce] = row;
  if (version !== SCHEMA_VERSION) {
    throw new LeaseholdError(
      'ERR_STORE_VERSION',
      `the store in ${place} was installed by another version of leasehold: its schema is version ${version}, and this one knows version ${SCHEMA_VERSION}`,
    );
  }
  return {
    storeId: store as string,
    epoch: epoch as number,
    tid: tid as Tid,
    nonce: (nonce as string | null) ?? '',
    log: log as Tid,
    isStandby: isStandby as boolean,
    before: (before as string | null) ?? undefined,
  };
}

/** Whether a store has another history than what was told. A standby that is behind may be asked later; a primary that is has lost commits. */
function isOther({ storeId, epoch, tid, isStandby, before }: Welcome, told: Told): boolean {
  if (storeId !== told.storeId || epoch !== told.epoch) return true;
  return before === undefined ? tid < told.tid && !isStandby : before !== told.nonce;
}
