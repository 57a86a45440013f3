import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import { protocolError } from '../wire/payload.ts';

/** The most collections that a client uses. */
const MOST = 10_000;

/** The collections of a connection: the client gives each a number, so that it need not wait for an answer before it uses the collection. */
export class OpenedCollections {
  readonly #names = new Map<number, string>();

  /** `ERR_PROTOCOL` */
  open(number: number, { name }: { readonly [field: string]: unknown }): void {
    if (typeof name !== 'string' || name === '' || number === 0 || name.length > MOST_KEY_BYTES)
      throw protocolError('OPEN has no number, or a wrong name');
    if (this.#names.has(number)) throw protocolError(`the number ${number} has a collection already`);
    if (this.#names.size >= MOST) throw protocolError(`a client uses at most ${MOST} collections`);
    this.#names.set(number, name);
  }

  /** `ERR_PROTOCOL` */
  name(number: number): string {
    const name = this.#names.get(number);
    if (name === undefined) throw protocolError(`no collection has the number ${number}`);
    return name;
  }
}
