import { bytesToHex } from '../../base/hex.ts';
import type { Change, CommitRequest, Engine, EngineConflict, StateWrite, Tid } from '../../versions/engine/engine.ts';
import { ownStates } from './rules.ts';
import type { SharedStates } from './shared-states.ts';

/** Of a commit with more writes, none is put into the cache. */
const MOST_WRITES = 1000;

/** What this process has written, until the commit is told: then it is known which commit it was, and its states go into the cache. */
export class OwnCommits {
  readonly #states: SharedStates;
  readonly #writes = new Map<string, readonly StateWrite[]>();

  constructor(states: SharedStates) {
    this.#states = states;
  }

  async commit(inner: Engine, request: CommitRequest): Promise<{ readonly tid: Tid } | readonly EngineConflict[]> {
    const { commitId, writes } = request;
    const own = this.#states.isOpen && writes.length <= MOST_WRITES ? ownStates(inner.features, writes) : [];
    if (own.length === 0) return inner.commit(request);
    const id = nameOf(commitId);
    this.#writes.set(id, own);
    let isCommitted = false;
    try {
      const answer = await inner.commit(request);
      // It may be told only now.
      isCommitted = 'tid' in answer && answer.tid > inner.processed();
      return answer;
    } finally {
      if (!isCommitted) this.#writes.delete(id);
    }
  }

  told({ tid, nonce, ids }: Change): void {
    if (this.#writes.size === 0) return;
    for (const commitId of ids) {
      const id = nameOf(commitId);
      const writes = this.#writes.get(id);
      this.#writes.delete(id);
      for (const write of writes ?? []) this.#states.store(write, { tid, nonce }, tid, write.bytes);
    }
  }

  clear(): void {
    this.#writes.clear();
  }
}

function nameOf(commitId: Uint8Array): string {
  return bytesToHex(commitId, 0, commitId.length);
}
