import type { Backend } from './backend.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** The codecs of a collection, which a server may have to be asked for: once, when they are first needed. */
export class CollectionCodecs {
  readonly name: string;
  /** That of the store. */
  readonly backend: Backend;
  readonly #find: () => Promise<StoreCodecs>;
  #finding: Promise<StoreCodecs> | undefined;
  #known: StoreCodecs | undefined;

  constructor(backend: Backend, name: string, find: () => Promise<StoreCodecs>) {
    this.backend = backend;
    this.name = name;
    this.#find = find;
  }

  /** Undefined before `get` has found them. */
  get known(): StoreCodecs | undefined {
    return this.#known;
  }

  /** Asks again after a failure. */
  get(): Promise<StoreCodecs> {
    this.#finding ??= this.#ask();
    return this.#finding;
  }

  async #ask(): Promise<StoreCodecs> {
    try {
      this.#known = await this.#find();
      return this.#known;
    } catch (error) {
      this.#finding = undefined;
      throw error;
    }
  }
}
