import { encodeTuple } from '../../key/key-elements.ts';
import type { ByteRange } from '../../read/bounds.ts';
import { afterBytes, afterElements } from '../../read/range-place.ts';
import { compareKeys } from '../../versions/byte-range.ts';

/** What the keys that a grant allows begin with: text, bytes, or the first elements of tuples. */
export type GrantPrefix = string | Uint8Array | readonly unknown[];

/** The keys that begin with the prefix of a grant. Without a prefix: all. */
export class GrantedRange {
  readonly #first: Uint8Array;
  /** The least key that comes after all of them; undefined if there is none. */
  readonly #end: Uint8Array | undefined;

  /** What the codec `tuple` throws for what cannot be an element. */
  constructor(prefix: GrantPrefix | undefined) {
    const isTuple = Array.isArray(prefix);
    this.#first = isTuple ? encodeTuple(prefix) : bytesOf(prefix as string | Uint8Array | undefined);
    // Of a tuple, whole elements count: the bytes of ['FR'] are the first ones of ['FR\0x'], too.
    const after = isTuple ? afterElements : afterBytes;
    this.#end = this.#first.length === 0 ? undefined : after(this.#first);
  }

  get isWhole(): boolean {
    return this.#first.length === 0;
  }

  /** The same for the same keys. */
  get fingerprint(): string {
    return [this.#first, this.#end ?? []].map((bytes) => Buffer.from(bytes).toString('hex')).join('-');
  }

  get range(): ByteRange {
    return { lower: this.#first, lowerOpen: false, upper: this.#end, upperOpen: true };
  }

  has(key: Uint8Array): boolean {
    return compareKeys(key, this.#first) >= 0 && this.#isBefore(key, false);
  }

  hasRange({ lower, upper, upperOpen }: ByteRange): boolean {
    if (this.isWhole) return true;
    if (lower === undefined || !this.has(lower)) return false;
    return upper === undefined ? this.#end === undefined : this.#isBefore(upper, upperOpen);
  }

  #isBefore(key: Uint8Array, isOpen: boolean): boolean {
    if (this.#end === undefined) return true;
    const order = compareKeys(key, this.#end);
    return order < 0 || (isOpen && order === 0);
  }
}

function bytesOf(prefix: string | Uint8Array | undefined): Uint8Array {
  return prefix === undefined ? new Uint8Array(0) : Uint8Array.from(Buffer.from(prefix as string));
}
