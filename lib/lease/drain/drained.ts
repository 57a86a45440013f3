import { freezeClass } from '../../base/primordials.ts';

/** How many calls take more of the stack than making a promise does. */
const DEPTH = 32;

/** Throws V8's RangeError if the stack has no room for so many calls. */
function callDeeper(calls: number): number {
  return calls === 0 ? 0 : callDeeper(calls - 1) + 1;
}

/** A promise that a source has drained. It is made when it is first asked for, since nobody asks for most sources. */
export class Drained {
  #promise: Promise<void> | undefined;
  #resolve: () => void = () => {};

  get promise(): Promise<void> {
    if (this.#promise !== undefined) return this.#promise;
    // Making a promise calls hooks of node:async_hooks, and one of these may have asked for the promise: look again.
    let resolve = (): void => {};
    // If the stack ended in the function below, the promise would be rejected, and nobody could handle that. So it ends here.
    callDeeper(DEPTH);
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
