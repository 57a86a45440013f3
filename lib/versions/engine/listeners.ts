import { microtask } from '../../base/clock.ts';
import type { Change, GapListener, Tid } from './engine.ts';

type EndListener = (error: Error | undefined) => void;

/** Those whom an engine tells what happens: see `Engine.onChange`, `onGap` and `onEnd`. */
export class EngineListeners {
  readonly #changes = new Set<(change: Change) => void>();
  readonly #gaps = new Set<GapListener>();
  readonly #ends = new Set<EndListener>();

  onChange(fn: (change: Change) => void): () => void {
    return added(this.#changes, fn);
  }

  onGap(fn: GapListener): () => void {
    return added(this.#gaps, fn);
  }

  onEnd(fn: EndListener): () => void {
    return added(this.#ends, fn);
  }

  change(change: Change): void {
    tell(this.#changes, change);
  }

  gap(tid: Tid, nonce: string): void {
    tell(this.#gaps, tid, nonce);
  }

  /** Nothing happens afterwards. */
  end(error: Error | undefined): void {
    this.#changes.clear();
    this.#gaps.clear();
    for (const ended of this.#ends) ended(error);
    this.#ends.clear();
  }
}

/** Adds a function to a set, and returns one that removes it. */
function added<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => {
    set.delete(item);
  };
}

/** What one of them throws is thrown apart, so that the others do not miss the commit. */
function tell<A extends readonly unknown[]>(listeners: Iterable<(...commit: A) => void>, ...commit: A): void {
  for (const listener of listeners) {
    try {
      listener(...commit);
    } catch (error) {
      microtask(() => {
        throw error;
      });
    }
  }
}
