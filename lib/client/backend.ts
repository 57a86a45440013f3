import type { CacheCounters } from '../cache/cache-counters.ts';
import type { AnyKeyCodec, AnyValueCodec, Remembered } from '../catalog/remembered-codecs.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import type { ObjectSource } from '../versions/engine/object-source.ts';
import type { PrefetchCounters } from './remote/prefetch/sent-states.ts';
import type { StoreCodecs } from './store-codecs.ts';

/** How a program opens a collection of a store. */
export interface GivenCodecs {
  readonly key: AnyKeyCodec | undefined;
  readonly value: AnyValueCodec | undefined;
  /** Whether to make the collection if it is absent. */
  readonly create: boolean;
}

/** A commit as of which can be read until it is released. */
export interface HeldSnapshot {
  readonly tid: Tid;
  release(): void;
}

/** What a store has counted since it was opened: of its cache, and of what came before it was asked for. */
export interface StoreCounters extends CacheCounters, PrefetchCounters {}

/** What a Store stands on: an engine, and what a database remembers of its collections and of the classes of its objects. */
export interface Backend extends ObjectSource {
  /** Whether writes are refused now. */
  readonly isReadOnly: boolean;
  /** `ERR_NO_COLLECTION`, `ERR_CODEC`, `ERR_INVALID_ARG_VALUE` for a collection without versions. */
  codecs(name: string, given: GivenCodecs): Promise<StoreCodecs>;
  /** The codecs as a cache has kept them, while no server can be asked: to read with. The store may have others by now. `before`: what it has given. `ERR_CODEC` */
  recalledCodecs?(name: string, given: GivenCodecs, before: StoreCodecs | undefined): StoreCodecs | undefined;
  /** What is remembered of a collection, those of leasehold's own too; undefined if there is none with versions. */
  remembered(name: string): Promise<Remembered | undefined>;
  /** Makes a collection with versions, if it is absent. `ERR_CODEC` if that needs the codec itself. */
  make(name: string, remembered: Remembered): Promise<void>;
  /** The newest commit that was told, or a newer one. */
  snapshot(): Promise<HeldSnapshot>;
  /** `engine.known`, where there may be a cache. */
  known?(key: StateKey, at: Tid): Loaded | undefined;
  /** `engine.load` of one key with no promise, which would take longer than the rest: calls `take` once with the state, or else `fail`. */
  load(key: StateKey, at: Tid, take: (state: Loaded) => void, fail: (error: unknown) => void): void;
  count(collection: string, range: ByteRange, at: Tid): Promise<number>;
  /** The newest commit that any client has had acknowledged when this was called, once it is told here. `ERR_READ_ONLY` if only a standby answers, which may lack it. */
  sync(): Promise<Tid>;
  collections(): Promise<string[]>;
  /** What there is to say of the database, for people. `ERR_FORBIDDEN`. */
  info(): Promise<object>;
  /** The same of a collection. */
  statOf(collection: string): Promise<object>;
  /** Undefined with neither a cache nor prefetching. */
  counters(): StoreCounters | undefined;
  close(): Promise<void>;
}
