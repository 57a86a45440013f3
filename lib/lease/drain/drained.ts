import { freezeClass } from '../../base/primordials.ts';

/** Tells that a source has drained, by a promise that is made when it is first asked for: most sources end unasked. */
export class Drained {
  #promise: Promise<void> | undefined;
  #resolve: () => void = () => {};

  get promise(): Promise<void> {
    if (this.#promise !== undefined) return this.#promise;
    // First: making a promise calls hooks of node:async_hooks, which may ask for the same.
    let resolve = (): void => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    if (this.#promise !== undefined) return this.#promise as Promise<void>;
    this.#resolve = resolve;
    this.#promise = promise;
    return promise;
  }

  /** Does nothing if nobody has asked. */
  settle(): void {
    this.#resolve();
  }
}

freezeClass(Drained);
