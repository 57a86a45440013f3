import { finalizationRegister } from '../primordials.ts';
import type { ReadScope } from './scope.ts';

const forgotten = new FinalizationRegistry<ReadScope>((scope) => {
  if (!scope.open) return;
  process.emitWarning(
    `a read transaction on '${scope.core.path}' was forgotten without having been ended, and is ended now. ` +
      'Call end(), declare it with `using`, or use env.read(fn); finish iterators, or call their return().',
    { type: 'LeaseholdWarning', code: 'LEASEHOLD_TXN_LEAK' },
  );
  scope.end();
});

/** Ends a transaction, with a warning, once the object that should have ended it has been collected. */
export function watch(scope: ReadScope): void {
  if (scope.owner === undefined) return;
  finalizationRegister(forgotten, scope.owner, scope);
  scope.owner = undefined;
  scope.watched = true;
}
