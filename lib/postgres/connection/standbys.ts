import { appendBare, bareArray } from '../../base/primordials.ts';
import { clearTimeout, now, setTimeout } from '../../base/clock.ts';
import type { Tid } from '../../versions/engine/engine.ts';
import { type Answer, answerOf } from '../answer.ts';
import type { Statement } from '../sql/statement.ts';
import type { Statements } from '../sql/statements.ts';
import { Line } from './line.ts';
import { plannedOnce } from './planned-once.ts';
import { Servers, type Told } from './servers.ts';
import type { SqlAddress, SqlConnection } from './sql-client.ts';

/** A standby that has failed, or was behind, is left alone for so many ms. */
const PAUSE = 1000;
const FIRST_PAUSE_BEHIND = 20;
/** A standby that has not answered for so many ms is not waited for. */
const SLOWEST = 3000;

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
  /** How long it is left alone when it is behind, again. */
  pauseBehind: number;
  /** When it may be asked again. */
  restsUntil: number;
}

/** Servers from which to read. They may be behind: then another one is asked. */
export class Standbys {
  readonly #standbys: Standby[] = bareArray();
  #next = 0;

  constructor({ addresses, connect, statements, told }: StandbysOptions) {
    for (const address of addresses) {
      const servers = new Servers({ addresses: [address], connect, statements, told, seen: 0, mayBeBehind: true });
      const dial = async () => plannedOnce((await servers.dial(true))[0]);
      // A standby that does not answer is not waited for.
      const line = new Line({ place: address.text, timeout: 0, dial });
      appendBare(this.#standbys, { line, head: 0, pauseBehind: FIRST_PAUSE_BEHIND, restsUntil: 0 });
    }
  }

  /**
   * What a standby answers that has a commit, and the told nonce of its newest commit that was told: it may have followed another server since it was greeted. Undefined if there is none, or none answers
   * soon. See reading-statements.ts for what the statement gives.
   */
  async ask(
    statement: Statement,
    values: readonly unknown[],
    at: Tid,
    nonceOf: (head: Tid) => string | undefined,
  ): Promise<Answer | undefined> {
    const standby = this.#pick(at);
    if (standby === undefined) return undefined;
    const { line } = standby;
    try {
      const rows = await soon(line.ask(statement, values));
      if (rows !== undefined) {
        const answer = answerOf(rows);
        const { head, nonce } = answer;
        if (head < at) {
          standby.head = head;
          standby.restsUntil = now() + standby.pauseBehind;
          standby.pauseBehind = Math.min(PAUSE, 2 * standby.pauseBehind);
          return undefined;
        }
        standby.head = Math.max(standby.head, head);
        standby.pauseBehind = FIRST_PAUSE_BEHIND;
        if ((nonce ?? '') === nonceOf(head)) return answer;
      }
      line.drop();
    } catch {
      // Another one is asked.
    }
    standby.restsUntil = now() + PAUSE;
    return undefined;
  }

  close(): void {
    for (let i = 0; i < this.#standbys.length; i++) (this.#standbys[i] as Standby).line.close();
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

/** Undefined if there is no answer for `SLOWEST`. */
function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), SLOWEST);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
