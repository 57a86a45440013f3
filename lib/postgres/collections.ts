import { LeaseholdError } from '../base/errors.ts';
import { isOwnCollection } from '../catalog/own-collections.ts';
import type { Remembered } from '../catalog/remembered-codecs.ts';
import type { Line } from './connection/line.ts';
import type { Statements } from './sql/statements.ts';

interface KnownCollection {
  readonly number: number;
  readonly remembered: Remembered;
}

/** The collections of a store, and what it remembers of them. One that is there stays, with its number. */
export class Collections {
  readonly #read: Line;
  readonly #write: Line;
  readonly #statements: Statements;
  readonly #known = new Map<string, KnownCollection>();

  constructor(read: Line, write: Line, statements: Statements) {
    this.#read = read;
    this.#write = write;
    this.#statements = statements;
  }

  /** The number of a collection that was asked for before. */
  known(name: string): number | undefined {
    return this.#known.get(name)?.number;
  }

  /** Undefined if there is no such collection. */
  async numberOf(name: string): Promise<number | undefined> {
    return this.known(name) ?? (await this.#find(name))?.number;
  }

  /** What is remembered of a collection; undefined if there is none. */
  async remembered(name: string): Promise<Remembered | undefined> {
    return (await this.#find(name))?.remembered;
  }

  /** Makes a collection, unless somebody else does. */
  async make(name: string, { key, value, flags }: Remembered): Promise<void> {
    await this.#write.ask(this.#statements.makeCollection, [name, key, JSON.stringify(value), flags]);
  }

  /** Without those of leasehold's own. */
  async names(): Promise<string[]> {
    const rows = await this.#read.ask(this.#statements.collections, []);
    return rows.map(([name]) => name as string).filter((name) => !isOwnCollection(name));
  }

  async #find(name: string): Promise<KnownCollection | undefined> {
    const [row] = await this.#read.ask(this.#statements.findCollection, [name]);
    if (row === undefined) return undefined;
    const [number, key, value, flags] = row as [number, string, string, number];
    const found = { number, remembered: { key, value: JSON.parse(value), flags } };
    this.#known.set(name, found);
    return found;
  }
}

export function noCollection(name: string): LeaseholdError {
  return new LeaseholdError('ERR_NO_COLLECTION', `the store has no collection '${name}'`);
}
