import { freezeClass } from '../../base/primordials.ts';

/** A promise that a source has drained. It is made when it is first asked for, since nobody asks for most sources. */
export class Drained {
  #promise: Promise<void> | undefined;
  #resolve: () => void = () => {};

  get promise(): Promise<void> {
    if (this.#promise !== undefined) return this.#promise;
    // Making a promise calls hooks of node:async_hooks, and one of these may have asked for the promise: look again.
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    if (this.#promise !== undefined) return this.#promise as Promise<void>;
    this.#resolve = resolve;
    this.#promise = promise;
    return promise;
  }

  /** Fulfils the promise. Does nothing if nobody has asked for it. */
  settle(): void {
    this.#resolve();
  }
}

freezeClass(Drained);
