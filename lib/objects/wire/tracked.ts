import { OwnMap } from '../../base/own-map.ts';
import type { Change, StateWrite, Tid } from '../../versions/engine/engine.ts';
import { isOfObjects, type KnownStates, nameOf, type StateName } from './known-states.ts';

/**
 * What a transaction is committing. Once its commit was told, what it has written is what is stored, unless others have changed it since. So it need not be fetched.
 */
export class Tracked {
  readonly #writes = new OwnMap<StateName, { readonly write: StateWrite; changed: Tid | undefined }>();

  constructor(writes: readonly StateWrite[]) {
    for (const write of writes) {
      // What a number is to which something was added is not known.
      if (write.adds !== true) this.#writes.set(nameOf(write.collection, write.key), { write, changed: undefined });
    }
  }

  /** A commit was told. */
  apply({ tid, changes }: Change): void {
    for (const { collection, keys } of changes) {
      if (!isOfObjects(collection)) continue;
      // A commit of which only a range is known.
      if (keys === undefined) this.#writes.clear();
      else {
        for (const key of keys) {
          const tracked = this.#writes.get(nameOf(collection, key));
          if (tracked !== undefined) tracked.changed = tid;
        }
      }
    }
  }

  /** What commits have changed is not known. */
  forget(): void {
    this.#writes.clear();
  }

  /** The commit was told. */
  keep(tid: Tid, known: KnownStates): void {
    this.#writes.forEach(({ write: { collection, key, bytes }, changed }) => {
      if (changed === tid) known.take({ collection, key, tid, next: undefined, bytes });
    });
  }
}
