import { isOwnCollection } from '../catalog/own-collections.ts';
import { rememberedValueCodec } from '../key/remembered.ts';
import { environmentParts } from '../environment/environment.ts';
import { invalidValue, LeaseholdError } from '../base/errors.ts';
import { keyCodecNamed } from '../key/key-codecs.ts';
import { protocolError } from '../wire/payload.ts';
import { forbidden, type Rights } from './rights.ts';
import type { ServedStore } from './served-store.ts';

/** The most collections that a client opens. */
const MOST = 10_000;

/** The collections of a connection: the client gives each a number, so that it need not wait for an answer before it uses the collection. */
export class OpenedCollections {
  readonly #store: ServedStore;
  readonly #rights: Rights;
  readonly #names = new Map<number, string>();

  constructor(store: ServedStore, rights: Rights) {
    this.#store = store;
    this.#rights = rights;
  }

  /**
   * Opens a collection under a number, and gives what the database remembers of it. `make`: with which codecs to make it if it is absent.
   * `ERR_NO_COLLECTION`, `ERR_FORBIDDEN`, `ERR_CODEC`.
   */
  open(number: number, { name, make }: { readonly [field: string]: unknown }): object {
    if (typeof name !== 'string' || name === '' || number === 0) throw protocolError('OPEN has no name or no number');
    if (this.#names.has(number)) throw protocolError(`the number ${number} has a collection already`);
    if (this.#names.size >= MOST) throw protocolError(`a client opens at most ${MOST} collections`);
    // Requests that came with this one, before its answer, name the collection by this number.
    this.#names.set(number, name);
    if (!this.#rights.sees(name)) throw forbidden(this.#rights.name, 'read anything', name);
    if (make !== undefined && make !== null) this.#make(name, make as { readonly [field: string]: unknown });
    const found = this.#store.describe(name);
    if (found === undefined) {
      throw new LeaseholdError('ERR_NO_COLLECTION', `the server has no collection '${name}': give its codecs, and it is made`);
    }
    return found;
  }

  /** `ERR_PROTOCOL` */
  name(number: number): string {
    const name = this.#names.get(number);
    if (name === undefined) throw protocolError(`no collection has the number ${number}`);
    return name;
  }


  #make(name: string, { key, value, keys }: { readonly [field: string]: unknown }): void {
    const keyCodec = typeof key === 'string' ? keyCodecNamed(key) : undefined;
    const valueCodec = rememberedValueCodec(value);
    if (keyCodec === undefined || valueCodec === undefined) {
      throw new LeaseholdError('ERR_CODEC', `the server does not know these codecs: make the collection '${name}' there`);
    }
    if (isOwnCollection(name)) throw invalidValue(`'${name}' is where leasehold keeps what it must remember`);
    if (this.#store.describe(name) !== undefined) return;
    this.#rights.checkRange(name, WHOLE, true);
    environmentParts(this.#store.environment).collections.openOwn(name, {
      key: keyCodec,
      value: valueCodec,
      versions: true,
      ...(keys === 'any' && { keys }),
    });
  }
}

const WHOLE = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };
