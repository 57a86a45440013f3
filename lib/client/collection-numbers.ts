import { FIN, Kind } from '../wire/protocol.ts';
import type { Frame } from '../wire/frame-reader.ts';
import type { ClientSession } from './client-session.ts';
import type { Operation } from './operation.ts';

/** Gives the number of a collection in a session, which is told to the server first if it does not know it. */
export type NumberIn = (session: ClientSession, collection: string) => number;

/** The numbers that this client gives to collections: the same in each session. */
export class CollectionNumbers {
  readonly #numbers = new Map<string, number>();

  readonly numberIn: NumberIn = (session, collection) => {
    let number = this.#numbers.get(collection);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(collection, number);
    }
    if (session.opens(number)) session.ask(new Opening(collection, number));
    return number;
  };
}

/** Tells the server a number. What it answers does not matter: whatever cannot be done with the collection is told to whoever tries. */
class Opening implements Operation {
  readonly #collection: string;
  readonly #number: number;

  constructor(collection: string, number: number) {
    this.#collection = collection;
    this.#number = number;
  }

  send({ out }: ClientSession, id: number): void {
    out.begin(Kind.OPEN, FIN, id, this.#number);
    out.json({ name: this.#collection });
    out.end();
  }

  frame(_frame: Frame): boolean {
    return true;
  }

  fail(): void {}
}
