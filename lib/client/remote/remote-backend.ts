import { LeaseholdError } from '../../base/errors.ts';
import { utf8ByteLength } from '../../base/platform.ts';
import { notThenable } from '../../base/primordials.ts';
import type { CacheCounters } from '../../cache/cache-counters.ts';
import type { Remembered } from '../../catalog/remembered-codecs.ts';
import type { ByteRange } from '../../read/bounds.ts';
import type { Engine, Loaded, StateKey, Tid } from '../../versions/engine/engine.ts';
import type { ClassRow, ObjectClasses } from '../../versions/engine/object-source.ts';
import { Kind } from '../../wire/protocol.ts';
import type { Backend, GivenCodecs, HeldSnapshot, StoreCounters } from '../backend.ts';
import { NO_COUNTERS } from '../no-counters.ts';
import { StoreCodecs } from '../store-codecs.ts';
import { classesIn, tidIn } from './answers.ts';
import { heldSnapshot } from './held-snapshot.ts';
import type { RemoteEngine } from './remote-engine.ts';

/** What counts its hits, and may keep what the store has said of itself. */
interface Cache {
  counters(): CacheCounters;
  remember?(name: string, value: unknown): void;
  recall?(name: string): unknown;
}

/** Under which names a cache keeps what is remembered of a collection, and the classes of objects. */
const codecsOf = (name: string): string => `codecs ${name}`;
const CLASSES = 'classes';

const NOTHING = (): void => {};

/** A store on a server. */
export class RemoteBackend implements Backend {
  /** What reads and writes: the server's engine, or what is in front of it: a cache, a trace. */
  readonly engine: Engine;
  readonly #remote: RemoteEngine;
  readonly #cache: Cache | undefined;

  constructor(remote: RemoteEngine, engine: Engine = remote, cache?: Cache) {
    this.#remote = remote;
    this.engine = engine;
    this.#cache = cache;
  }

  get isReadOnly(): boolean {
    return this.#remote.isReadOnly;
  }

  counters(): StoreCounters | undefined {
    const cached = this.#cache?.counters();
    const prefetch = this.#remote.prefetch?.counters;
    if (cached === undefined && prefetch === undefined) return undefined;
    return { ...NO_COUNTERS, ...cached, ...prefetch };
  }

  async codecs(name: string, given: GivenCodecs): Promise<StoreCodecs> {
    const { key, value, create } = given;
    const { found } = await this.call({
      call: 'describe',
      collection: name,
      ...(create && key !== undefined && value !== undefined && { make: { key: key.name, value: value.description } }),
    });
    if (found === null) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        `the store has no collection '${name}': give its codecs, key and value, and it is made`,
      );
    }
    this.#cache?.remember?.(codecsOf(name), found);
    return new StoreCodecs(name, found as Remembered, given);
  }

  recalledCodecs(name: string, given: GivenCodecs, before: StoreCodecs | undefined): StoreCodecs | undefined {
    if (before !== undefined) return this.#remote.isConnected ? undefined : before;
    const found = this.#recalled(codecsOf(name));
    return found === undefined ? undefined : new StoreCodecs(name, found as Remembered, given);
  }

  async remembered(name: string): Promise<Remembered | undefined> {
    const { found } = await this.call({ call: 'describe', collection: name });
    return (found as Remembered | null) ?? undefined;
  }

  async make(name: string, { key, value }: Remembered): Promise<void> {
    await this.call({ call: 'describe', collection: name, make: { key, value } });
  }

  snapshot(): Promise<HeldSnapshot> {
    return heldSnapshot(this.#remote);
  }

  known(key: StateKey, at: Tid): Loaded | undefined {
    return this.engine.known?.(key, at);
  }

  load(key: StateKey, at: Tid, take: (state: Loaded) => void, fail: (error: unknown) => void): void {
    try {
      if (this.engine === this.#remote) this.#remote.loadOne(key, at, take, NOTHING, fail);
      else this.engine.load([key], at, take)?.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  count(collection: string, range: ByteRange, at: Tid): Promise<number> {
    return this.#remote.count(collection, range, at);
  }

  async sync(): Promise<Tid> {
    return tidIn(await this.call({ call: 'sync' }));
  }

  async objectClasses(): Promise<ObjectClasses> {
    const recalled = this.#recalled(CLASSES);
    if (recalled !== undefined) return recalled as ObjectClasses;
    const classes = classesIn(await this.call({ call: 'object-classes' }));
    this.#cache?.remember?.(CLASSES, classes);
    return classes;
  }

  async addObjectClass(row: ClassRow): Promise<number> {
    const { number } = (await this.call({ call: 'add-object-class', class: row })) as { readonly number: number };
    const kept = this.#cache?.recall?.(CLASSES) as ObjectClasses | undefined;
    if (kept !== undefined && !kept.classes.some(([other]) => other === number)) {
      this.#cache?.remember?.(CLASSES, { ...kept, classes: [...kept.classes, [number, row]] });
    }
    return number;
  }

  async collections(): Promise<string[]> {
    const { collections } = await this.call({ call: 'collections' });
    return (collections as { name: string }[]).map(({ name }) => name);
  }

  async info(): Promise<object> {
    return (await this.call({ call: 'info' }))['info'] as object;
  }

  async statOf(collection: string): Promise<object> {
    return (await this.call({ call: 'stat', collection }))['stat'] as object;
  }

  /** Asks what the server answers as JSON. */
  async call(request: object): Promise<{ readonly [name: string]: unknown }> {
    const text = JSON.stringify(request);
    this.#remote.checkFits(utf8ByteLength(text));
    return this.#remote.request(
      Kind.CALL,
      ({ out }) => out.text(text),
      Kind.ANSWER,
      (payload) => payload.json(),
    );
  }

  /** What the cache has kept of what a server would say, while there is none. */
  #recalled(name: string): unknown {
    return this.#remote.isConnected ? undefined : this.#cache?.recall?.(name);
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}

notThenable(RemoteBackend);
