import type { EnvironmentCore } from './environment-state.ts';
import { ReadScope } from './open-read.ts';
import type { Scope } from './open-transaction.ts';
import { writingOf } from './open-write.ts';

/** Calls `fn` with the write transaction that is open on this handle; or with a read transaction of the newest version. */
export function readNewest<T>(core: EnvironmentCore, fn: (scope: Scope) => T): T {
  core.checkOpen();
  const writing = writingOf(core);
  if (writing !== undefined) return fn(writing);
  const scope = new ReadScope(core, false);
  try {
    return fn(scope);
  } finally {
    // First, without a call: if there is no stack to end it, the next one that begins does.
    scope.nextEnding = core.ending;
    core.ending = scope;
    scope.end();
  }
}
