import type { StoreCodecs } from './store-codecs.ts';

/** The codecs of a collection, which a server may have to be asked for: once, when they are first needed. */
export class CollectionCodecs {
  readonly name: string;
  readonly #find: () => Promise<StoreCodecs>;
  #finding: Promise<StoreCodecs> | undefined;

  constructor(name: string, find: () => Promise<StoreCodecs>) {
    this.name = name;
    this.#find = find;
  }

  /** Asks again after a failure. */
  get(): Promise<StoreCodecs> {
    this.#finding ??= this.#find().catch((error) => {
      this.#finding = undefined;
      throw error;
    });
    return this.#finding;
  }
}
