import type { CommitRequest, Engine, EngineConflict, Tid } from './engine.ts';

/** Why a commit was not made: others have changed meanwhile what it had read. Nothing was written. */
export interface Refused {
  /** What they have changed; empty if the engine does not remember it any more. */
  readonly conflicts: readonly EngineConflict[];
  /** `ERR_TOO_OLD`, in the second case. */
  readonly cause?: Error;
}

/**
 * Commits something for the first time. So `ERR_TOO_OLD` does not say that it may have been made before, but only that the engine cannot name the
 * conflicts: its log of changes was trimmed while the transaction was running.
 */
export async function tryCommit(engine: Engine, request: CommitRequest): Promise<{ readonly tid: Tid } | Refused> {
  try {
    const answer = await engine.commit(request);
    return 'tid' in answer ? answer : { conflicts: answer };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_TOO_OLD') throw error;
    return { conflicts: [], cause: error as Error };
  }
}
