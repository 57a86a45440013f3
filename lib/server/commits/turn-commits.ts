import { setImmediate } from '../../base/clock.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { CommitTurn } from '../../versions/engine/commit.ts';
import type { CommitAnswer, CommitRequest } from '../../versions/engine/engine.ts';
import type { EnvironmentEngine } from '../../versions/engine/environment-engine.ts';

interface Waiting {
  readonly request: CommitRequest;
  readonly resolve: (answer: Promise<CommitAnswer>) => void;
}

/**
 * Makes the commits that clients ask for. Those that were received in one turn of the event loop, from whatever clients, go to the engine together, which commits them
 * together.
 */
export class TurnCommits {
  readonly #environment: EnvironmentState;
  readonly #engine: EnvironmentEngine;
  #waiting: Waiting[] = [];

  constructor(environment: EnvironmentState, engine: EnvironmentEngine) {
    this.#environment = environment;
    this.#engine = engine;
  }

  /** See `Engine.commit`. */
  commit(request: CommitRequest): Promise<CommitAnswer> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#commitAll());
      this.#waiting.push({ request, resolve });
    });
  }

  #commitAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const turn = new CommitTurn(this.#environment, waiting.length === 1);
    for (const { request, resolve } of waiting) resolve(this.#engine.commit(request, turn));
  }
}
