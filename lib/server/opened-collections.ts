import { MOST_KEY_BYTES } from '../catalog/key-size.ts';
import type { EngineSnapshot } from '../versions/engine/snapshot.ts';
import { protocolError } from '../wire/payload.ts';

/** The most collections that a client uses. */
const MOST = 10_000;
/** Those with greater numbers are not looked up by native code. */
const MOST_IDS = 256;

/** The collections of a connection: the client gives each a number, so that it need not wait for an answer before it uses the collection. */
export class OpenedCollections {
  readonly #names = new Map<number, string>();
  readonly #numbers = new Map<string, number>();

  #ids = new Uint32Array(0);
  /** The snapshot whose ids these are; undefined if they must be looked up again. */
  #idsOf: EngineSnapshot | undefined;

  /** For native code: for each number the id of the collection plus 1, or 0 if the snapshot has no such collection. */
  idsIn(snapshot: EngineSnapshot): Uint32Array {
    if (snapshot === this.#idsOf) return this.#ids;
    const ids = new Uint32Array(MOST_IDS);
    for (const [number, name] of this.#names) if (number < MOST_IDS) ids[number] = snapshot.idOf(name) + 1;
    this.#ids = ids;
    this.#idsOf = snapshot;
    return ids;
  }

  /** `ERR_PROTOCOL` */
  open(number: number, { name }: { readonly [field: string]: unknown }): void {
    if (typeof name !== 'string' || name === '' || number === 0 || name.length > MOST_KEY_BYTES)
      throw protocolError('OPEN has no number, or a wrong name');
    if (this.#names.has(number)) throw protocolError(`the number ${number} has a collection already`);
    if (this.#names.size >= MOST) throw protocolError(`a client uses at most ${MOST} collections`);
    this.#names.set(number, name);
    this.#numbers.set(name, number);
    this.#idsOf = undefined;
  }

  /** Undefined if the client has given none. */
  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** `ERR_PROTOCOL` */
  name(number: number): string {
    const name = this.#names.get(number);
    if (name === undefined) throw protocolError(`no collection has the number ${number}`);
    return name;
  }
}
