import { LeaseholdError } from '../../base/errors.ts';
import { protocolError } from '../../wire/payload.ts';
import { FIN, Kind } from '../../wire/protocol.ts';
import type { AskedSession } from './operation.ts';

/** The most collections that a server knows of one client. */
const MOST = 10_000;

/** Gives the number of a collection in a session, which is told to the server first if it does not know it. `ERR_BUSY` */
export type NumberIn = (session: AskedSession, collection: string) => number;

/** The numbers that this client gives to collections: the same in each session. */
export class CollectionNumbers {
  readonly #numbers = new Map<string, number>();
  /** Their names, from that of number 1 on. */
  readonly #names: string[] = [];

  readonly numberIn: NumberIn = (session, collection) => {
    let number = this.#numbers.get(collection);
    if (number === undefined) {
      if (this.#numbers.size >= MOST) throw tooMany();
      number = this.#numbers.size + 1;
      this.#numbers.set(collection, number);
      this.#names.push(collection);
    }
    if (!session.isOpened(number)) {
      session.out.begin(Kind.OPEN, FIN, 0, number);
      // Within the frame: if the stack overflows, it is of no use either.
      session.opened(number);
      session.out.json({ name: collection });
      session.out.end();
    }
    return number;
  };

  /** The collection that a server means by a number. `ERR_PROTOCOL` */
  nameOf(number: number): string {
    const name = this.#names[number - 1];
    if (name === undefined) throw protocolError(`no collection has the number ${number}`);
    return name;
  }
}

function tooMany(): LeaseholdError {
  return new LeaseholdError('ERR_BUSY', `a connection uses at most ${MOST} collections: connect again for others`);
}
