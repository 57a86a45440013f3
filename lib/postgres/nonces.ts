import type { Tid } from '../versions/engine/engine.ts';

const PLACES = 4096;

/** The nonces of the last commits that were told. A server that has another one for a commit has another history. */
export class Nonces {
  readonly #tids: Tid[] = [];
  readonly #nonces: string[] = [];

  add(tid: Tid, nonce: string): void {
    this.#tids[tid % PLACES] = tid;
    this.#nonces[tid % PLACES] = nonce;
  }

  /** Undefined if it is not known, or not any more. */
  of(tid: Tid): string | undefined {
    return this.#tids[tid % PLACES] === tid ? this.#nonces[tid % PLACES] : undefined;
  }
}
