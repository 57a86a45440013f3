import { inspectAs } from '../../base/inspect.ts';
import { objectFreeze } from '../../base/primordials.ts';

/** `'exclusive'`: nobody else has the lock. `'shared'`: others may have it too, if they all share it. */
export type LockMode = 'exclusive' | 'shared';

/** What the function of `locks.request` gets. It has the lock until its promise settles. */
export class Lock {
  readonly name: string;
  readonly mode: LockMode;

  /** Not for users: `locks.request` makes these. */
  constructor(name: string, mode: LockMode) {
    this.name = name;
    this.mode = mode;
    objectFreeze(this);
  }

  static {
    inspectAs(Lock.prototype, ({ name, mode }) => `Lock { name: ${JSON.stringify(name)}, mode: '${mode}' }`);
  }
}
