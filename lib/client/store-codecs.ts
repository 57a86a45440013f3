import { LeaseholdError } from '../base/errors.ts';
import { notThenable, typedArrayLength } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { checkKeySize, MOST_ANY_KEY_BYTES } from '../catalog/key-size.ts';
import {
  type AnyKeyCodec,
  type AnyValueCodec,
  keyCodecFor,
  type Remembered,
  valueCodecFor,
} from '../catalog/remembered-codecs.ts';
import { copyBytes } from '../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';
import { ONLY_VALUE } from '../lease/sink.ts';
import { Slab } from '../lease/slab.ts';
import { COLLECTION_ANY_KEYS } from '../native/constants.ts';
import { Bounds } from '../read/bounds.ts';
import type { RangedCollection } from '../read/range-cursor.ts';
import type { ClearOptions, RangeOptions } from '../read/range-options.ts';
import type { ReadValue } from './reads.ts';

/** Those of `StoreRangeOptions`. */
const RANGE_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'offset'];

const keys = new Slab();

/** The codecs of a collection of a store: keys and values as bytes and back. */
export class StoreCodecs implements RangedCollection {
  readonly name: string;
  readonly key: AnyKeyCodec;
  readonly value: AnyValueCodec;
  readonly dupSort = false;
  readonly anyKeys: boolean;

  /** `remembered`: what the database remembers of the collection. `ERR_CODEC` if the given codecs do not fit that. */
  constructor(
    name: string,
    remembered: Remembered,
    given: { readonly key: AnyKeyCodec | undefined; readonly value: AnyValueCodec | undefined },
  ) {
    this.name = name;
    this.key = keyCodecFor(given.key, remembered, name);
    this.value = valueCodecFor(given.value, remembered, name);
    if (given.value !== undefined) accept(given.value, remembered, name);
    if (this.value.bind !== undefined) {
      throw new LeaseholdError(
        'ERR_CODEC',
        `the collection '${name}' has a codec that keeps data of its own in the database, and can be opened only there: with open()`,
      );
    }
    this.anyKeys = (remembered.flags & COLLECTION_ANY_KEYS) !== 0;
  }

  get title(): string {
    return `the collection '${this.name}'`;
  }

  /** The bytes of a key. What the codec throws, `ERR_KEY_SIZE`. */
  encodeKey(key: unknown): Uint8Array {
    const start = writer.position;
    try {
      this.key.write(key as never, writer);
      const length = writer.position - start;
      if (!this.anyKeys || length > MOST_ANY_KEY_BYTES) checkKeySize(length);
      return keys.copy(writer.bytes, start, length);
    } finally {
      writer.position = start;
      writer.trim();
    }
  }

  /** The bytes of a value. What the codec throws. */
  encodeValue(value: unknown): Uint8Array {
    const start = writer.position;
    try {
      const foreign = this.value.write(value as never, writer);
      return foreign === undefined
        ? copyBytes(writer.bytes, start, writer.position - start)
        : copyBytes(foreign.bytes, foreign.offset, foreign.length);
    } finally {
      writer.position = start;
      writer.trim();
    }
  }

  /** The view of a key that has bytes of its own. `ERR_CODEC`. */
  keyOf(bytes: Uint8Array): unknown {
    return this.key.view(Lease.private(NO_VIEWS, bytes, typedArrayLength(bytes)), 0);
  }

  /** The view of a value that has bytes of its own. `ERR_CODEC`. */
  valueOf(bytes: Uint8Array): unknown {
    return this.value.view(Lease.private(NO_VIEWS, bytes, 0), ONLY_VALUE);
  }

  /** The view of a state that was read; undefined if the key is absent. `ERR_CODEC`. */
  readonly toValue = (read: ReadValue): unknown => {
    const { lent } = read;
    if (lent !== undefined) return this.value.view(lent.lease, lent.at);
    const { bytes } = read;
    return bytes === undefined ? undefined : this.valueOf(bytes);
  };

  /** The bounds that a user gives. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  bounds(options: RangeOptions<unknown> | undefined): Bounds {
    return Bounds.of(options, this, RANGE_NAMES);
  }

  /** The bounds of entries to delete. Refuses what would delete everything by mistake, as a bound that is there but undefined. */
  deletionBounds(options: ClearOptions<unknown> | undefined): Bounds {
    return Bounds.ofDeletion(options, this);
  }
}

notThenable(StoreCodecs);

/** `ERR_CODEC` if a codec cannot read what was written with the one that is remembered. */
function accept(codec: AnyValueCodec, { value }: Remembered, name: string): void {
  try {
    codec.accept(value);
  } catch (cause) {
    if (!(cause instanceof LeaseholdError)) throw cause;
    throw new LeaseholdError('ERR_CODEC', `the collection '${name}': ${cause.message}`, { cause });
  }
}
