import { microtask } from '../../base/clock.ts';
import type { Change } from './engine.ts';

/** Adds something to a set, and returns a function that removes it. */
export function added<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => {
    set.delete(item);
  };
}

/** Tells a commit to all. What one of them throws is thrown apart, so that the others do not miss the commit. */
export function tell(listeners: Iterable<(change: Change) => void>, change: Change): void {
  for (const listener of listeners) {
    try {
      listener(change);
    } catch (error) {
      microtask(() => {
        throw error;
      });
    }
  }
}
