import type { Backend, GivenCodecs } from './backend.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** The codecs of a collection, which a server may have to be asked for: once, when they are first needed. */
export class CollectionCodecs {
  readonly name: string;
  /** That of the store. */
  readonly backend: Backend;
  readonly #given: GivenCodecs;
  #finding: Promise<StoreCodecs> | undefined;
  #known: StoreCodecs | undefined;
  #recalled: StoreCodecs | undefined;

  constructor(backend: Backend, name: string, given: GivenCodecs) {
    this.backend = backend;
    this.name = name;
    this.#given = given;
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

  /** The same, to read with: while no server can be asked, as a cache has kept them. What is written must have those of the store. */
  async toRead(): Promise<StoreCodecs> {
    if (this.#known !== undefined) return this.#known;
    this.#recalled = this.backend.recalledCodecs?.(this.name, this.#given, this.#recalled);
    return this.#recalled ?? this.get();
  }

  async #ask(): Promise<StoreCodecs> {
    try {
      this.#known = await this.backend.codecs(this.name, this.#given);
      return this.#known;
    } catch (error) {
      this.#finding = undefined;
      throw error;
    }
  }
}
