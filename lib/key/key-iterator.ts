/** The element at `offset` of a Key's bytes, and the offset of the next one; undefined at the end. */
export type ReadElement = (key: object, offset: number) => { part: unknown; next: number } | undefined;

/** Iterates over the elements of a Key, and decodes each when it is asked for. */
export class KeyIterator<out E> implements IterableIterator<E, undefined> {
  readonly #key: object;
  readonly #read: ReadElement;
  #offset = 0;

  constructor(key: object, read: ReadElement) {
    this.#key = key;
    this.#read = read;
  }

  next(): IteratorResult<E, undefined> {
    const found = this.#read(this.#key, this.#offset);
    if (found === undefined) return { done: true, value: undefined };
    this.#offset = found.next;
    return { done: false, value: found.part as E };
  }

  [Symbol.iterator](): KeyIterator<E> {
    return this;
  }
}
