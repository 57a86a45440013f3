import { invalidType, invalidValue } from '../base/errors.ts';
import { freezeClass } from '../base/primordials.ts';
import { keepShape } from '../base/shape.ts';
import { writer } from '../base/writer.ts';
import { recall, remember } from '../catalog/catalog.ts';
import { newsOf } from '../catalog/remembered-codecs.ts';
import { KeptValues } from '../catalog/side-data.ts';
import type { KeyCodec } from '../key/codec.ts';
import { isKeyCodec, keyCodecNamed } from '../key/to-key-codec.ts';
import type { Views } from '../lease/lease.ts';
import type { CollectionId, Handle } from '../native/functions.ts';
import { native, terminated } from '../native/native.ts';
import type { EnvironmentCore } from '../transaction/environment-state.ts';
import { ReadScope } from '../transaction/open-read.ts';
import type { Scope } from '../transaction/open-transaction.ts';
import type { WriteScope } from '../transaction/open-write.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec, ValueCoder } from '../value/codec.ts';
import { isOwnValueCodec } from '../value/own-codecs.ts';
import type { Bounds } from './bounds.ts';

/** What a Collection and its ranges share. */
export class CollectionCore {
  readonly core: EnvironmentCore;
  /** Empty for the unnamed database. */
  readonly name: string;
  readonly id: CollectionId;
  readonly key: KeyCodec<never, unknown>;
  readonly value: ValueCodec<never, unknown>;
  /** Whether its keys can have several values. */
  readonly dupSort: boolean;
  readonly views: Views;
  /** Undefined for a codec that keeps nothing beside the values; else each transaction has an access of its own. */
  readonly #kept: KeptValues | undefined;
  /** Whether the database may have to be told of the codecs: see `tellCodecs`. */
  hasNews: boolean;
  #toldIn: WriteScope | undefined;
  #toldUnder: WriteScope | undefined;
  /** What tells it from anything that a program could pass for one. */
  #genuine: undefined;

  constructor(
    core: EnvironmentCore,
    name: string,
    id: CollectionId,
    key: KeyCodec<never, unknown>,
    value: ValueCodec<never, unknown>,
    dupSort: boolean,
    hasNews: boolean = false,
  ) {
    // Their functions are handed leases.
    if (!isKeyCodec(key)) throw invalidType('key', "one of leasehold's codecs", key);
    if (!isOwnValueCodec(value)) throw invalidType('value', "one of leasehold's codecs", value);
    this.core = core;
    this.name = name;
    this.id = id;
    this.key = key;
    this.value = value;
    this.dupSort = dupSort;
    this.hasNews = hasNews;
    // The functions themselves, so that a loop over one collection has them inlined.
    this.views = { key: key.view, value: value.view, aimsKey: key.aims, aimsValue: value.aims };
    const binding = value.bind?.();
    this.#kept = binding === undefined ? undefined : new KeptValues(name, key, binding);
  }

  /** How errors name it. */
  get title(): string {
    return titleOf(this.name);
  }

  /** Whether a value has to be encoded inside the transaction that stores it. */
  get keeps(): boolean {
    return this.#kept !== undefined;
  }

  /** How a transaction reads and writes the values; it must be open. */
  valueIn(scope: Scope): ValueCoder<never, unknown> {
    return this.#kept === undefined ? this.value : this.#kept.in(scope).value;
  }

  /** How a transaction reads the entries; it must be open. */
  viewsIn(scope: Scope): Views {
    return this.#kept === undefined ? this.views : this.#kept.in(scope).views;
  }

  /** For constructors that a program can find: throws `ERR_INVALID_ARG_TYPE` for anything but a CollectionCore. */
  static check(value: unknown): CollectionCore {
    if (typeof value === 'object' && value !== null && #genuine in value) return value;
    throw invalidType('collection', 'what env.collection() passes', value);
  }

  /**
   * What a transaction that stores values does first. What is not remembered of the codecs yet, since a struct has grown or
   * another program has made the collection, is remembered with them: opening a collection need not wait for other writers.
   * `ERR_CODEC` if other codecs are remembered by now.
   */
  tellCodecs(scope: WriteScope): void {
    if (this.hasNews && this.#toldIn !== scope) this.#tell(scope);
  }

  #tell(scope: WriteScope): void {
    // If it is another one by now, storing says so.
    if (native.findCollection(scope.handle, this.name) !== this.id) return;
    const news = newsOf(this.key, this.value, recall(scope, this.name), this.name);
    let outermost = scope;
    while (outermost.outer !== undefined) outermost = outermost.outer;
    this.#toldIn = scope;
    if (news !== undefined) {
      remember(scope, this.name, news);
      this.#toldUnder = outermost;
    } else if (scope === outermost && this.#toldUnder !== scope) {
      // An earlier transaction has been committed with it.
      this.hasNews = false;
    }
  }

  /** For the calls that look at one of a key's several values: throws `ERR_INVALID_ARG_VALUE`. */
  checkDupSort(call: string): void {
    if (this.dupSort) return;
    throw invalidValue(
      `${call} is for collections with several values a key: ${this.title} was made without dupSort: true`,
    );
  }

  /** A native cursor on a range. */
  openCursor(scope: Scope, bounds: Bounds, flags: number): Handle {
    const at = writer.position;
    const { lowerLength, upperLength } = bounds.write(at);
    const cursor = native.rangeOpen(
      scope.handle,
      this.id,
      bounds.flags | flags,
      at,
      lowerLength,
      at + lowerLength,
      upperLength,
      bounds.limit,
    );
    if (cursor === undefined) throw terminated();
    return cursor;
  }

  count(bounds: Bounds, scope: Scope | undefined): number {
    return this.reading(scope, ({ handle }) => {
      const at = writer.position;
      const { lowerLength, upperLength } = bounds.write(at);
      return native.count(handle, this.id, bounds.flags, at, lowerLength, at + lowerLength, upperLength, bounds.limit);
    });
  }

  /** Calls `fn` with a scope: the one given, or one of its own that ends after it. */
  reading<T>(scope: Scope | undefined, fn: (scope: Scope) => T): T {
    if (scope !== undefined) return fn(scope);
    const own = new ReadScope(this.core, false);
    try {
      return fn(own);
    } finally {
      own.nextEnding = this.core.ending;
      this.core.ending = own;
      own.end();
    }
  }
}

freezeClass(CollectionCore);

/** A collection of no environment. */
export const NO_COLLECTION: CollectionCore = new CollectionCore(
  undefined as unknown as EnvironmentCore,
  '',
  -1,
  keyCodecNamed('bytes') as KeyCodec<never, unknown>,
  bytes as ValueCodec<never, unknown>,
  false,
);
keepShape(NO_COLLECTION);

/** How errors name the collection of that name. */
export function titleOf(name: string): string {
  return name === '' ? 'the unnamed database' : `the collection '${name}'`;
}
