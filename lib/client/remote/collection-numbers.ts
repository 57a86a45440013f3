import { FIN, Kind } from '../../wire/protocol.ts';
import type { AskedSession } from './operation.ts';

/** Gives the number of a collection in a session, which is told to the server first if it does not know it. */
export type NumberIn = (session: AskedSession, collection: string) => number;

/** The numbers that this client gives to collections: the same in each session. */
export class CollectionNumbers {
  readonly #numbers = new Map<string, number>();

  readonly numberIn: NumberIn = (session, collection) => {
    let number = this.#numbers.get(collection);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(collection, number);
    }
    if (session.opens(number)) {
      session.out.begin(Kind.OPEN, FIN, 0, number);
      session.out.json({ name: collection });
      session.out.end();
    }
    return number;
  };
}
