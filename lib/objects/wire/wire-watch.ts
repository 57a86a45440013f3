import { aborted, orAborted } from '../../base/abort.ts';
import type { Change } from '../../versions/engine/engine.ts';
import { reached } from '../../versions/engine/reached.ts';
import { type ChangeSource, changeOf, keysIn, type ObjectChange, Watch } from '../watch.ts';
import type { WireBase } from './wire-base.ts';

/** Fetches what a synchronous function misses in the newest version, and calls it again. */
type WithAllHere = <T>(fn: () => T) => Promise<T>;

/** The commits of a server that change one object. */
class WireChanges<T extends object, K> implements ChangeSource<ObjectChange<T, K>> {
  tid: number;
  readonly #base: WireBase;
  readonly #object: T;
  readonly #id: number;
  readonly #signal: AbortSignal | undefined;
  readonly #withAllHere: WithAllHere;
  readonly #changes: AsyncIterator<Change>;
  #isDone = false;

  constructor(base: WireBase, object: T, id: number, signal: AbortSignal | undefined, withAllHere: WithAllHere) {
    this.#base = base;
    this.#object = object;
    this.#id = id;
    this.#signal = signal;
    this.#withAllHere = withAllHere;
    this.tid = base.engine.processed();
    this.#changes = base.engine.changes(this.tid)[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<ObjectChange<T, K>, undefined>> {
    const { engine } = this.#base;
    while (!this.#isDone) {
      const found = await this.#nextChange();
      if (found.done === true || this.#isDone) break;
      const { tid, changes } = found.value;
      this.tid = tid;
      const change = changeOf(this.#id, changes);
      if (change === undefined) continue;
      // The program looks at the object as it is after the commit.
      await reached(engine, tid);
      const keys = await this.#withAllHere(() => keysIn<K>(this.#object, change));
      return { done: false, value: Object.freeze({ object: this.#object, keys, tid }) };
    }
    return { done: true, value: undefined };
  }

  [Symbol.dispose](): void {
    if (this.#isDone) return;
    this.#isDone = true;
    void this.#changes.return?.();
  }

  async #nextChange(): Promise<IteratorResult<Change, unknown>> {
    if (this.#signal?.aborted === true) throw aborted(this.#signal);
    try {
      return await orAborted(this.#changes.next(), this.#signal);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }
}

/** Watches an object of a store on a server: see `watchObject`. */
export function watchOverWire<T extends object, K>(
  base: WireBase,
  object: T,
  id: number,
  signal: AbortSignal | undefined,
  withAllHere: WithAllHere,
): Watch<T, K> {
  return new Watch<T, K>(
    () => new WireChanges<T, K>(base, object, id, signal, withAllHere),
    () => {},
    (tid) => Object.freeze({ object, keys: undefined, tid }),
  );
}
