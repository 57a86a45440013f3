import { LeaseholdError } from '../base/errors.ts';
import { notThenable } from '../base/primordials.ts';
import type { CacheCounters } from '../cache/cache-counters.ts';
import type { Remembered } from '../catalog/remembered-codecs.ts';
import { COLLECTION_VERSIONS } from '../native/constants.ts';
import type { PostgresEngine } from '../postgres/postgres-engine.ts';
import type { ByteRange } from '../read/bounds.ts';
import type { Engine, Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import type { ClassRow, ObjectClasses } from '../versions/engine/object-source.ts';
import type { Backend, GivenCodecs, HeldSnapshot, StoreCounters } from './backend.ts';
import { NO_COUNTERS } from './no-counters.ts';
import { heldSnapshot } from './remote/held-snapshot.ts';
import { StoreCodecs } from './store-codecs.ts';

/** What counts its hits. */
interface Cache {
  counters(): CacheCounters;
}

const WHOLE: ByteRange = { lower: undefined, lowerOpen: false, upper: undefined, upperOpen: false };

/** A store in PostgreSQL. */
export class PostgresBackend implements Backend {
  /** What reads and writes: the engine, or what is in front of it: a cache, a trace. */
  readonly engine: Engine;
  readonly #postgres: PostgresEngine;
  readonly #cache: Cache | undefined;

  constructor(postgres: PostgresEngine, engine: Engine, cache: Cache | undefined) {
    this.#postgres = postgres;
    this.engine = engine;
    this.#cache = cache;
  }

  get isReadOnly(): boolean {
    return this.#postgres.isReadOnly;
  }

  counters(): StoreCounters | undefined {
    return this.#cache === undefined ? undefined : { ...NO_COUNTERS, ...this.#cache.counters() };
  }

  async codecs(name: string, given: GivenCodecs): Promise<StoreCodecs> {
    const { collections } = this.#postgres;
    const { key, value, create } = given;
    let remembered = await collections.remembered(name);
    if (remembered === undefined && create && key !== undefined && value !== undefined) {
      const wanted = { key: key.name, value: value.description, flags: COLLECTION_VERSIONS };
      // What would be refused afterwards is not made.
      new StoreCodecs(name, wanted, given);
      await collections.make(name, wanted);
      remembered = await collections.remembered(name);
    }
    if (remembered === undefined) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        `the store has no collection '${name}': give its codecs, key and value, and it is made`,
      );
    }
    return new StoreCodecs(name, remembered, given);
  }

  remembered(name: string): Promise<Remembered | undefined> {
    return this.#postgres.collections.remembered(name);
  }

  make(name: string, remembered: Remembered): Promise<void> {
    return this.#postgres.collections.make(name, remembered);
  }

  snapshot(): Promise<HeldSnapshot> {
    return heldSnapshot(this.#postgres);
  }

  known(key: StateKey, at: Tid): Loaded | undefined {
    return this.engine.known?.(key, at);
  }

  load(key: StateKey, at: Tid, take: (state: Loaded) => void, fail: (error: unknown) => void): void {
    try {
      this.engine.load([key], at, take)?.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  count(collection: string, range: ByteRange, at: Tid): Promise<number> {
    return this.#postgres.count(collection, range, at);
  }

  sync(): Promise<Tid> {
    return this.#postgres.sync();
  }

  collections(): Promise<string[]> {
    return this.#postgres.collections.names();
  }

  info(): Promise<object> {
    return this.#postgres.info();
  }

  async statOf(collection: string): Promise<object> {
    return { entries: await this.#postgres.count(collection, WHOLE, this.#postgres.processed()) };
  }

  async objectClasses(): Promise<ObjectClasses> {
    const { prepareObjects } = await import('../objects/wire/prepare.ts');
    const { collections, classes } = this.#postgres;
    await prepareObjects({
      engine: this.#postgres,
      makeCollection: (name, remembered) => collections.make(name, remembered),
      addClass: (row) => classes.add(row),
    });
    return { classes: await classes.all(), tid: await this.#postgres.catchUp() };
  }

  addObjectClass(row: ClassRow): Promise<number> {
    return this.#postgres.classes.add(row);
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}

notThenable(PostgresBackend);
