import { invalidValue, LeaseholdError } from '../base/errors.ts';
import { notThenable } from '../base/primordials.ts';
import { recall } from '../catalog/catalog.ts';
import type { Remembered } from '../catalog/remembered-codecs.ts';
import { type Environment, environmentParts } from '../environment/environment.ts';
import { makeStoreId } from '../environment/make-store-id.ts';
import { open } from '../environment/open.ts';
import { keyCodecNamed } from '../key/key-codecs.ts';
import { rememberedValueCodec } from '../key/remembered.ts';
import { COLLECTION_ANY_KEYS, COLLECTION_VERSIONS } from '../native/constants.ts';
import type { ByteRange } from '../read/bounds.ts';
import { readNewest } from '../transaction/read-newest.ts';
import type { Loaded, StateKey, Tid } from '../versions/engine/engine.ts';
import { EnvironmentEngine } from '../versions/engine/environment-engine.ts';
import type { ClassRow, ObjectClasses } from '../versions/engine/object-source.ts';
import type { Backend, GivenCodecs, HeldSnapshot } from './backend.ts';
import { StoreCodecs } from './store-codecs.ts';

/** A store in a folder of this host, which this process opens itself. */
export class LocalBackend implements Backend {
  readonly engine: EnvironmentEngine;
  readonly isReadOnly: boolean = false;
  readonly #environment: Environment;

  constructor(path: string) {
    this.#environment = open(path);
    try {
      makeStoreId(this.#environment);
      this.engine = new EnvironmentEngine(environmentParts(this.#environment).state);
    } catch (error) {
      this.#environment.close();
      throw error;
    }
  }

  async codecs(name: string, given: GivenCodecs): Promise<StoreCodecs> {
    const { state, collections } = environmentParts(this.#environment);
    const find = () => readNewest(state, (transaction) => recall(transaction, name));
    if (find() === undefined) {
      if (!given.create) {
        throw new LeaseholdError(
          'ERR_NO_COLLECTION',
          `the store has no collection '${name}': give its codecs, key and value, and it is made`,
        );
      }
      const { key, value } = given;
      collections.open(name, { ...(key && { key }), ...(value && { value }), versions: true });
    }
    const remembered = find();
    if (remembered === undefined || (remembered.flags & COLLECTION_VERSIONS) === 0) {
      throw invalidValue(
        `the collection '${name}' was made without versions: a store has only collections with versions`,
      );
    }
    return new StoreCodecs(name, remembered, given);
  }

  async remembered(name: string): Promise<Remembered | undefined> {
    const { state } = environmentParts(this.#environment);
    const found = readNewest(state, (transaction) => recall(transaction, name));
    return found === undefined || (found.flags & COLLECTION_VERSIONS) === 0 ? undefined : found;
  }

  async make(name: string, { key, value, flags }: Remembered): Promise<void> {
    const codecs = { key: keyCodecNamed(key), value: rememberedValueCodec(value) };
    if (codecs.key === undefined || codecs.value === undefined) {
      throw new LeaseholdError(
        'ERR_CODEC',
        `the collection '${name}' has a codec of the program's own: open the folder, and make the collection with it`,
      );
    }
    const { collections } = environmentParts(this.#environment);
    const keys = (flags & COLLECTION_ANY_KEYS) === 0 ? {} : { keys: 'any' };
    collections.openOwn(name, { ...codecs, ...keys, versions: true });
  }

  async snapshot(): Promise<HeldSnapshot> {
    const tid = this.engine.processed();
    return { tid, release: this.engine.hold(tid) };
  }

  load(key: StateKey, at: Tid, take: (state: Loaded) => void, fail: (error: unknown) => void): void {
    try {
      this.engine.load([key], at, take);
    } catch (error) {
      fail(error);
    }
  }

  async count(collection: string, range: ByteRange, at: Tid): Promise<number> {
    return this.engine.count(collection, range, at);
  }

  async sync(): Promise<Tid> {
    return this.engine.newest();
  }

  async collections(): Promise<string[]> {
    return this.#environment.collections();
  }

  async info(): Promise<object> {
    return { ...this.#environment.info(), ...this.#environment.stat() };
  }

  async statOf(collection: string): Promise<object> {
    return environmentParts(this.#environment).collections.openOwn(collection, { create: false }).stat();
  }

  async objectClasses(): Promise<ObjectClasses> {
    const { servedClasses } = await import('../objects/served-classes.ts');
    return { classes: servedClasses(this.#environment, true), tid: this.engine.newest() };
  }

  async addObjectClass(row: ClassRow): Promise<number> {
    const { addServedClass } = await import('../objects/served-classes.ts');
    return addServedClass(this.#environment, row);
  }

  /** The file itself is what a cache would be. */
  counters(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.engine.close();
    this.#environment.close();
  }
}

notThenable(LocalBackend);
