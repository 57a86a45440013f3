import { setImmediate } from '../base/clock.ts';
import type { CommitRequest, EngineConflict, Tid } from '../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../versions/engine/environment-engine.ts';

type Answer = { readonly tid: Tid } | readonly EngineConflict[];

interface Waiting {
  readonly request: CommitRequest;
  readonly resolve: (answer: Promise<Answer>) => void;
}

/**
 * Makes the commits that clients ask for. Those that were received in one turn of the event loop, from whatever clients, go to the engine together, which commits them
 * together. A single one is committed at once if that waits for nothing.
 */
export class TurnCommits {
  readonly #engine: EnvironmentEngine;
  #waiting: Waiting[] = [];

  constructor(engine: EnvironmentEngine) {
    this.#engine = engine;
  }

  /** See `Engine.commit`. */
  commit(request: CommitRequest): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitAll());
      this.#waiting.push({ request, resolve });
    });
  }

  #commitAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { request, resolve } of waiting) resolve(this.#engine.commit(request, waiting.length === 1));
  }
}
