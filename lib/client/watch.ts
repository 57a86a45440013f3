import { aborted, checkSignal } from '../base/abort.ts';
import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { inspectAs } from '../base/inspect.ts';
import type { ByteRange } from '../read/bounds.ts';
import { intersection, isEmpty, isIn } from '../versions/byte-range.ts';
import type { RecordedChange } from '../versions/change-record.ts';
import type { Change, Engine, Tid } from '../versions/engine/engine.ts';
import { type KeyChange, keyChange } from '../versions/key-change.ts';
import type { CollectionCodecs } from './collection-codecs.ts';
import { endWhenForgotten, type Unfinished } from './forgotten.ts';
import type { StoreRangeOptions } from './readable-collection.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** Which keys to watch, and since when. */
export interface WatchOptions<K> extends Pick<StoreRangeOptions<K>, 'gt' | 'gte' | 'lt' | 'lte' | 'prefix'> {
  /** The commit after which to begin. Default: the newest one that the store has been told. */
  readonly after?: number;
  /** Ends it: the loop gets an AbortError. */
  readonly signal?: AbortSignal;
}

/** What a commit changed of the keys that are watched. */
export type StoreChange<KView> = { readonly tid: number; readonly time: number } & KeyChange<KView>;

const BOUNDS = ['gt', 'gte', 'lt', 'lte', 'prefix'] as const;

/** The changes of the keys of a range, as an iterable. See `StoreCollection.watch`. */
export class CollectionWatch<KView> implements AsyncIterableIterator<StoreChange<KView>, undefined> {
  readonly #codecs: CollectionCodecs;
  readonly #engine: Engine;
  readonly #options: WatchOptions<never>;
  readonly #after: Tid;
  #source: AsyncIterator<Change> | undefined;
  #prepared: { codecs: StoreCodecs; range: ByteRange } | undefined;
  #isDone = false;
  #stop: (() => void) | undefined;

  /** `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  constructor(codecs: CollectionCodecs, engine: Engine, options: WatchOptions<never> = {}) {
    checkObject(options, 'options');
    checkOptionNames(options, [...BOUNDS, 'after', 'signal'], 'watch()');
    checkSize(options.after, 'after', 0, Number.MAX_SAFE_INTEGER);
    checkSignal(options.signal);
    this.#codecs = codecs;
    this.#engine = engine;
    this.#options = options;
    this.#after = options.after ?? engine.processed();
  }

  async next(): Promise<IteratorResult<StoreChange<KView>, undefined>> {
    const { signal } = this.#options;
    try {
      while (!this.#isDone) {
        const { codecs, range } = await this.#prepare();
        if (signal?.aborted === true) throw aborted(signal);
        const found = await this.#nextOf(signal);
        if (found.done === true) break;
        const change = within(found.value, codecs.name, range);
        if (change === undefined) continue;
        const { tid, time } = found.value;
        return { done: false, value: { tid, time, ...keyChange(change, codecs.key) } as StoreChange<KView> };
      }
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#end();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<StoreChange<KView>, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
  }

  static {
    inspectAs(CollectionWatch.prototype, (self) => `CollectionWatch of '${self.#codecs.name}'`);
  }

  async #prepare(): Promise<{ codecs: StoreCodecs; range: ByteRange }> {
    if (this.#prepared !== undefined) return this.#prepared;
    const codecs = await this.#codecs.get();
    const bounds: Record<string, unknown> = {};
    for (const name of BOUNDS) if (this.#options[name] !== undefined) bounds[name] = this.#options[name];
    this.#prepared = { codecs, range: codecs.bounds(bounds).bytes() };
    return this.#prepared;
  }

  async #nextOf(signal: AbortSignal | undefined): Promise<IteratorResult<Change>> {
    if (this.#source === undefined) {
      this.#source = this.#engine.changes(this.#after)[Symbol.asyncIterator]();
      endWhenForgotten(this, unfinished(this.#source));
    }
    if (signal === undefined) return this.#source.next();
    const stopped = new Promise<never>((_, reject) => {
      const stop = (): void => reject(aborted(signal));
      signal.addEventListener('abort', stop, { once: true });
      this.#stop = () => signal.removeEventListener('abort', stop);
    });
    try {
      return await Promise.race([this.#source.next(), stopped]);
    } finally {
      this.#stop?.();
    }
  }

  #end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    void this.#source?.return?.();
  }
}

function unfinished(source: AsyncIterator<Change>): Unfinished {
  return { abandon: () => void source.return?.() };
}

/** What a commit changed in a range of a collection; undefined if nothing. */
function within({ changes }: Change, collection: string, range: ByteRange): RecordedChange | undefined {
  const change = changes.find((each) => each.collection === collection);
  if (change === undefined) return undefined;
  if (change.keys !== undefined) {
    const keys = change.keys.filter((key) => isIn(key, range));
    return keys.length === 0 ? undefined : { ...change, keys };
  }
  const common = intersection(change.range as ByteRange, range);
  return isEmpty(common) && !change.dropped ? undefined : { ...change, range: common };
}
