import type { EnvironmentCore } from './environment-state.ts';
import type { ReadScope } from './open-read.ts';
import type { WriteScope } from './open-write.ts';

/** A transaction as the library holds it. */
export type Scope = ReadScope | WriteScope;

/** The transaction that calls on an environment belong to which name none. */
export function currentOf(core: EnvironmentCore): Scope | undefined {
  return core.current as Scope | undefined;
}
