import { microtask } from '../../base/clock.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { Change, GapListener, Tid } from './engine.ts';

type EndListener = (error: Error | undefined) => void;

/** Those whom an engine tells what happens: see `Engine.onChange`, `onGap` and `onEnd`. */
export class EngineListeners {
  readonly #changes = new OwnMap<(change: Change) => void, true>();
  readonly #gaps = new OwnMap<GapListener, true>();
  readonly #ends = new OwnMap<EndListener, true>();

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
    this.#changes.forEach((_, listener) => {
      guarded(() => listener(change));
    });
  }

  gap(tid: Tid, nonce: string, rights?: string): void {
    this.#gaps.forEach((_, listener) => {
      guarded(() => listener(tid, nonce, rights));
    });
  }

  /** Nothing happens afterwards. */
  end(error: Error | undefined): void {
    this.#changes.clear();
    this.#gaps.clear();
    this.#ends.forEach((_, ended) => {
      ended(error);
    });
    this.#ends.clear();
  }
}

/** Adds a function to a set, and returns one that removes it. */
function added<T>(set: OwnMap<T, true>, item: T): () => void {
  set.set(item, true);
  return () => {
    set.delete(item);
  };
}

/** What a listener throws is thrown apart, so that the others do not miss the commit. */
function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    microtask(() => {
      throw error;
    });
  }
}
