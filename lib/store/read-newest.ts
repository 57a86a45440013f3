import type { EnvironmentCore } from './core.ts';
import { ReadScope, type Scope } from './scope.ts';

/** Calls `fn` with the write transaction that is open on this handle; or with a read transaction of the newest version. */
export function readNewest<T>(core: EnvironmentCore, fn: (scope: Scope) => T): T {
  core.checkOpen();
  if (core.writing !== undefined) return fn(core.writing);
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
