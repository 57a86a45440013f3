import { now } from '../../base/clock.ts';
import type { Tid } from '../../versions/engine/engine.ts';
import type { Statement } from '../sql/statement.ts';
import type { Statements } from '../sql/statements.ts';
import { Line } from './line.ts';
import { Servers, type Told } from './servers.ts';
import type { SqlAddress, SqlConnection, SqlRow } from './sql-client.ts';

/** A standby that has failed, or was behind, is left alone for so many ms. */
const PAUSE = 1000;
const PAUSE_BEHIND = 20;

export interface StandbysOptions {
  readonly addresses: readonly SqlAddress[];
  readonly connect: (address: SqlAddress) => Promise<SqlConnection>;
  readonly statements: Statements;
  readonly told: () => Told | undefined;
}

interface Standby {
  readonly line: Line;
  /** The newest commit that it was seen to have. */
  head: Tid;
  /** When it may be asked again. */
  restsUntil: number;
}

/** Servers from which to read. They may be behind: then another one is asked. */
export class Standbys {
  readonly #standbys: readonly Standby[];
  #next = 0;

  constructor({ addresses, connect, statements, told }: StandbysOptions) {
    this.#standbys = addresses.map((address) => {
      const servers = new Servers({ addresses: [address], connect, statements, told, seen: 0 });
      const dial = async () => (await servers.dial(true))[0];
      // A standby that does not answer is not waited for.
      return { line: new Line({ place: address.text, timeout: 0, dial }), head: 0, restsUntil: 0 };
    });
  }

  /** What a standby answers that has a commit; undefined if there is none. */
  async ask(statement: Statement, values: readonly unknown[], at: Tid): Promise<readonly SqlRow[] | undefined> {
    const standby = this.#pick(at);
    if (standby === undefined) return undefined;
    try {
      const rows = await standby.line.ask(statement, values);
      const head = rows[0]?.[0] as Tid | undefined;
      if (head === undefined) return rows;
      standby.head = Math.max(standby.head, head);
      if (head >= at) return rows;
      standby.restsUntil = now() + PAUSE_BEHIND;
    } catch {
      standby.restsUntil = now() + PAUSE;
    }
    return undefined;
  }

  close(): void {
    for (const { line } of this.#standbys) line.close();
  }

  /** One after the other; those that are known to have the commit first. */
  #pick(at: Tid): Standby | undefined {
    const count = this.#standbys.length;
    const time = now();
    let other: Standby | undefined;
    for (let i = 0; i < count; i++) {
      const standby = this.#standbys[(this.#next + i) % count] as Standby;
      if (time < standby.restsUntil) continue;
      if (standby.head >= at) {
        this.#next = (this.#next + i + 1) % count;
        return standby;
      }
      other ??= standby;
    }
    return other;
  }
}
