import { invalidType, invalidValue, LeaseholdError } from '../errors.ts';
import type { KeyCodec } from '../key/codec.ts';
import { isKeyCodec, keyCodecNamed } from '../key/to-key-codec.ts';
import type { Views } from '../lease/lease.ts';
import { answered, native } from '../native.ts';
import type { CollectionId, Handle } from '../native-functions.ts';
import { freezeClass } from '../primordials.ts';
import { keepShape } from '../shape.ts';
import { bytes } from '../value/bytes.ts';
import type { ValueCodec, ValueCoder } from '../value/codec.ts';
import { isOwnValueCodec } from '../value/own.ts';
import { writer } from '../writer.ts';
import type { Bounds } from './bounds.ts';
import type { EnvironmentCore } from './core.ts';
import { KeptValues } from './kept.ts';
import { ReadScope, type Scope } from './scope.ts';

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
  /** Whether it was dropped, and another Collection may have taken its name since. */
  replaced = false;
  /** What tells it from anything that a program could pass for one. */
  #genuine: undefined;

  constructor(
    core: EnvironmentCore,
    name: string,
    id: CollectionId,
    key: KeyCodec<never, unknown>,
    value: ValueCodec<never, unknown>,
    dupSort: boolean,
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
    // The functions themselves, so that a loop over one collection has them inlined.
    this.views = { key: key.view, value: value.view, aimsKey: key.aims, aimsValue: value.aims };
    const binding = value.bind?.();
    this.#kept = binding === undefined ? undefined : new KeptValues(name, key, value, binding);
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

  /** Throws `ERR_ENV_CLOSED`, and `ERR_NO_COLLECTION` if it was dropped and made anew. */
  checkUsable(): void {
    this.core.checkOpen();
    if (this.replaced) {
      throw new LeaseholdError(
        'ERR_NO_COLLECTION',
        `the collection '${this.name}' was dropped and made again: use what env.collection() gave for it since`,
        { path: this.core.path },
      );
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
    return answered(
      native.rangeOpen(
        scope.handle,
        this.id,
        bounds.flags | flags,
        at,
        lowerLength,
        at + lowerLength,
        upperLength,
        bounds.limit,
      ),
    );
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
