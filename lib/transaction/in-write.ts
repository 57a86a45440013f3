import type { EnvironmentCore } from './environment-state.ts';
import { WriteScope } from './open-write.ts';

/**
 * Calls `fn` in a write transaction, to which the calls that it makes and that name none belong, and commits; rolls back
 * if it throws. A child if one is open. `ERR_BUSY` if other writers are not done within `lockTimeout` ms.
 */
export function inWrite<T>(core: EnvironmentCore, fn: (scope: WriteScope) => T, lockTimeout?: number): T {
  const scope = new WriteScope(core, lockTimeout);
  const outer = core.current;
  core.current = scope;
  core.writing = scope;
  let committed = false;
  try {
    const result = fn(scope);
    core.current = outer;
    core.writing = scope.outer;
    scope.commit();
    committed = true;
    return result;
  } finally {
    core.current = outer;
    core.writing = scope.outer;
    scope.open = false;
    scope.abort();
    if (core.isOpen) scope.settled(committed);
  }
}
