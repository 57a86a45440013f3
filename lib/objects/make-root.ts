import { LeaseholdError } from '../base/errors.ts';
import { type Base, ROOT } from './base.ts';
import { dictionaryDefinition } from './collections/dictionary.ts';

/** Stores the root, if the environment has none. `ERR_NO_COLLECTION` if it is read-only. */
export function makeRoot({ objects, classes, environment, state }: Base): void {
  if (objects.has(ROOT)) return;
  if (state.readOnly) {
    throw new LeaseholdError(
      'ERR_NO_COLLECTION',
      'there is no store of objects here, and the environment is read-only',
      { path: environment.path },
    );
  }
  environment.write((txn) => {
    if (objects.has(ROOT, txn)) return;
    objects.put(ROOT, { stored: classes.of(dictionaryDefinition), values: [], references: [] }, txn);
  });
}
