import { LeaseholdError } from '../../base/errors.ts';
import type { Remembered } from '../../catalog/remembered-codecs.ts';
import { StoreCodecs } from '../../client/store-codecs.ts';

/** The codecs of the collections of a store, made again only when the database remembers other ones. */
export class ServedCodecs {
  readonly #describe: (name: string) => Remembered | undefined;
  readonly #known = new Map<string, { readonly codecs: StoreCodecs; readonly description: string }>();

  constructor(describe: (name: string) => Remembered | undefined) {
    this.#describe = describe;
  }

  /** `ERR_NO_COLLECTION`; `ERR_CODEC` for a codec that only programs have. */
  of(name: string): StoreCodecs {
    const remembered = this.#describe(name);
    if (remembered === undefined)
      throw new LeaseholdError('ERR_NO_COLLECTION', `the store has no collection '${name}'`);
    const description = JSON.stringify(remembered);
    const known = this.#known.get(name);
    if (known?.description === description) return known.codecs;
    const codecs = new StoreCodecs(name, remembered, { key: undefined, value: undefined });
    this.#known.set(name, { codecs, description });
    return codecs;
  }
}
