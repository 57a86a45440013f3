/** How many objects are remembered at most: a later one takes the place of an earlier one. */
const SLOTS = 8192;

/** The objects that a client has been sent, each with the commit that wrote it: one that has changed since is another one. */
export class SentObjects {
  readonly #ids = new Float64Array(SLOTS);
  readonly #tids = new Float64Array(SLOTS);

  /** Notes that a state was sent. Returns whether it had been before, as far as is remembered. */
  add(id: number, tid: number): boolean {
    const slot = id % SLOTS;
    const isKnown = this.#ids[slot] === id && this.#tids[slot] === tid;
    this.#ids[slot] = id;
    this.#tids[slot] = tid;
    return isKnown;
  }
}
