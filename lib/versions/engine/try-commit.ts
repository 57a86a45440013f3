import type { CommitRequest, Engine, EngineConflict, Tid } from './engine.ts';

/** Why a commit was not made. Nothing was written. */
export interface Refused {
  /** What others have changed meanwhile that it had read; none if the engine does not remember what was changed since. */
  readonly conflicts: readonly EngineConflict[];
  /** `ERR_TOO_OLD`, in the second case. */
  readonly cause?: Error;
}

/**
 * Commits something for the first time. So `ERR_TOO_OLD` does not say that it may have been made before, but only that the log of changes does not reach back
 * any more to the commit as of which it was read: as of a newer one, it can be tried again.
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
