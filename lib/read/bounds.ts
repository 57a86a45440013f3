import { checkChoice, checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { objectGetPrototypeOf, typedArrayLength } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import type { KeyCodec } from '../key/codec.ts';
import {
  RANGE_DISTINCT,
  RANGE_LOWER,
  RANGE_LOWER_OPEN,
  RANGE_LOWER_PAIR,
  RANGE_REVERSE,
  RANGE_UPPER,
  RANGE_UPPER_OPEN,
  RANGE_UPPER_PAIR,
} from '../native/constants.ts';
import { writeRange } from '../transaction/clear-range.ts';
import type { OnEnd } from '../transaction/open-options.ts';
import { cursorText, placeOfCursor, type RangedCollection } from './range-cursor.ts';
import type { ClearOptions, RangeOptions, ValueRangeOptions } from './range-options.ts';
import {
  afterBytes,
  afterElements,
  comparePlaces,
  encodeAlone,
  type PlaceCodec,
  placeLength,
  type RangePlace,
  writePlace,
} from './range-place.ts';
import { isSequence } from './sequence.ts';

/** The bounds of a range of keys. A bound that is undefined is open to that side. */
export interface ByteRange {
  readonly lower: Uint8Array | undefined;
  readonly lowerOpen: boolean;
  readonly upper: Uint8Array | undefined;
  readonly upperOpen: boolean;
}

const { hasOwn } = Object;

const DELETION_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit'];
const VALUE_NAMES = [...DELETION_NAMES, 'offset', 'cursor', 'onEnd'];
const NAMES = [...DELETION_NAMES, 'offset', 'distinct', 'cursor', 'onEnd'];
const NO_LIMIT = 2 ** 53;

/** What bounds are: keys, or the values of one key. */
interface BoundCodec extends PlaceCodec {
  readonly name: string;
  readonly prefix?: KeyCodec<never, unknown>['prefix'];
}

/** The options of a range, checked, with the bounds encoded for native code. */
export class Bounds {
  flags = 0;
  limit: number = NO_LIMIT;
  offset = 0;
  onEnd: OnEnd | undefined;
  /** The key whose values these are; undefined if they are entries of several keys. */
  readonly key: Uint8Array | undefined;
  #lower: RangePlace | undefined;
  #upper: RangePlace | undefined;

  private constructor(key: Uint8Array | undefined) {
    this.key = key;
  }

  /** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`, and what the codec throws. */
  static of<K>(
    options: RangeOptions<K> | undefined,
    collection: RangedCollection,
    names: readonly string[] = NAMES,
  ): Bounds {
    const bounds = new Bounds(undefined);
    if (options !== undefined) bounds.#take(options, names, 'range()', collection.key, collection);
    return bounds;
  }

  /**
   * The bounds of values of one key. Throws what `of` throws, and `ERR_KEY_SIZE` for a key that cannot be stored.
   */
  static ofKey<K, V>(key: K, options: ValueRangeOptions<V> | undefined, collection: RangedCollection): Bounds {
    const encoded = encodeAlone(collection.key, key);
    checkKeySize(typedArrayLength(encoded));
    const bounds = new Bounds(encoded);
    const all = { key: encoded, value: undefined, open: false };
    bounds.#raise(all);
    bounds.#reduce(all);
    if (options !== undefined) bounds.#take(options, VALUE_NAMES, 'getAll()', collection.value, collection);
    return bounds;
  }

  /**
   * The bounds of entries to delete. Refuses options that would delete everything by mistake: a Range in place of options, or a bound
   * that is present but undefined. Otherwise throws what `of` throws.
   */
  static ofDeletion<K>(options: ClearOptions<K> | undefined, collection: RangedCollection): Bounds {
    if (options !== undefined) {
      checkObject(options, 'options');
      const prototype: unknown = objectGetPrototypeOf(options);
      if (isSequence(options) || (prototype !== null && objectGetPrototypeOf(prototype as object) !== null)) {
        throw invalidType('options', 'an object with the bounds of the range, as { prefix: … }', options);
      }
      checkOptionNames(options, DELETION_NAMES, 'clear()');
      for (let i = 0; i < DELETION_NAMES.length; i++) {
        const name = DELETION_NAMES[i] as keyof ClearOptions<K>;
        if (options[name] !== undefined || !hasOwn(options, name)) continue;
        throw invalidType(name, 'left out, or a value: undefined would delete more than is meant', undefined);
      }
    }
    return Bounds.of(options, collection);
  }

  /** The same bounds, with at most `count` entries. */
  limitedTo(count: number): Bounds {
    return this.withLimit(count < this.limit ? count : this.limit);
  }

  /** The same bounds, with another limit. */
  withLimit(limit: number): Bounds {
    const bounds = new Bounds(this.key);
    bounds.flags = this.flags;
    bounds.limit = limit < NO_LIMIT ? limit : NO_LIMIT;
    bounds.offset = this.offset;
    bounds.onEnd = this.onEnd;
    bounds.#lower = this.#lower;
    bounds.#upper = this.#upper;
    return bounds;
  }

  get hasLimit(): boolean {
    return this.limit < NO_LIMIT;
  }

  /** The cursor of the entries after one with this key and value. Only with several values a key does the value matter. */
  cursorAfter(key: Uint8Array, value: Uint8Array, collection: RangedCollection): string {
    const hasValue = collection.dupSort && (this.flags & RANGE_DISTINCT) === 0;
    return cursorText({ key, value: hasValue ? value : undefined, open: true }, this.flags, collection);
  }

  /** Writes the bytes of the lower and of the upper bound to the writer, from `at` on. Does not advance the writer's position. */
  write(at: number): { lowerLength: number; upperLength: number } {
    const lowerLength = this.#lower === undefined ? 0 : placeLength(this.#lower);
    const upperLength = this.#upper === undefined ? 0 : placeLength(this.#upper);
    if (lowerLength + upperLength > 0) {
      writer.reserve(lowerLength + upperLength);
      if (this.#lower !== undefined) writePlace(writer.bytes, at, this.#lower);
      if (this.#upper !== undefined) writePlace(writer.bytes, at + lowerLength, this.#upper);
    }
    return { lowerLength, upperLength };
  }

  /** The bytes of the bounds of a range of keys. A caller must not change them. */
  bytes(): ByteRange {
    return {
      lower: this.#lower?.key,
      lowerOpen: this.#lower?.open === true,
      upper: this.#upper?.key,
      upperOpen: this.#upper?.open === true,
    };
  }

  /** Appends the bounds to the writer in the form that CHANGE_CLEAR takes: see `writeRange`. */
  writeForClear(): number {
    return writeRange(this.flags, this.limit, this.#lower?.key, this.#upper?.key);
  }

  #take<B>(
    options: RangeOptions<B>,
    names: readonly string[],
    call: string,
    codec: BoundCodec,
    collection: RangedCollection,
  ): void {
    checkObject(options, 'options');
    if (isSequence(options)) {
      throw invalidType('options', 'an object with the bounds of the range, as { prefix: … }', options);
    }
    checkOptionNames(options, names, call);
    const { gt, gte, lt, lte, prefix, reverse, limit, offset, distinct, cursor, onEnd } = options;
    if (reverse !== undefined && typeof reverse !== 'boolean') throw invalidType('reverse', 'a boolean', reverse);
    checkSize(limit, 'limit', 0, Number.MAX_SAFE_INTEGER);
    checkChoice(onEnd, 'onEnd', ['copy', 'invalidate']);
    this.onEnd = onEnd;
    if (reverse === true) this.flags |= RANGE_REVERSE;
    if (limit !== undefined) this.limit = limit;
    if (gt !== undefined) this.#raise(this.#place(codec, gt, true));
    if (gte !== undefined) this.#raise(this.#place(codec, gte, false));
    if (lt !== undefined) this.#reduce(this.#place(codec, lt, true));
    if (lte !== undefined) this.#reduce(this.#place(codec, lte, false));
    if (prefix !== undefined) this.#cover(encodeAlone(codec, prefix), codec);
    if (offset !== undefined || distinct !== undefined) this.#takeCounts(offset, distinct);
    if (cursor !== undefined) this.#continue(cursor, collection);
  }

  #takeCounts(offset: unknown, distinct: unknown): void {
    checkSize(offset, 'offset', 0, Number.MAX_SAFE_INTEGER);
    if (distinct !== undefined && typeof distinct !== 'boolean') throw invalidType('distinct', 'a boolean', distinct);
    if (offset !== undefined) this.offset = offset as number;
    if (distinct === true) this.flags |= RANGE_DISTINCT;
  }

  #continue(cursor: unknown, collection: RangedCollection): void {
    const place = placeOfCursor(cursor, this.flags, collection);
    const entry = { key: place.key, value: place.value, open: false };
    const isBefore = this.#lower !== undefined && comparePlaces(entry, this.#lower, false) < 0;
    const isBehind = this.#upper !== undefined && comparePlaces(entry, this.#upper, true) > 0;
    if (isBefore || isBehind) throw invalidValue('the cursor belongs to another range: it is outside of the bounds');
    if ((this.flags & RANGE_REVERSE) === 0) this.#raise(place);
    else this.#reduce(place);
  }

  #place(codec: BoundCodec, given: unknown, open: boolean): RangePlace {
    return this.#at(encodeAlone(codec, given), open);
  }

  #at(bound: Uint8Array, open: boolean): RangePlace {
    return this.key === undefined ? { key: bound, value: undefined, open } : { key: this.key, value: bound, open };
  }

  #raise(place: RangePlace): void {
    if (this.#lower !== undefined && comparePlaces(place, this.#lower, false) <= 0) return;
    this.#lower = place;
    this.flags =
      (this.flags & ~(RANGE_LOWER_OPEN | RANGE_LOWER_PAIR)) |
      RANGE_LOWER |
      (place.open ? RANGE_LOWER_OPEN : 0) |
      (place.value === undefined ? 0 : RANGE_LOWER_PAIR);
  }

  #reduce(place: RangePlace): void {
    if (this.#upper !== undefined && comparePlaces(place, this.#upper, true) >= 0) return;
    this.#upper = place;
    this.flags =
      (this.flags & ~(RANGE_UPPER_OPEN | RANGE_UPPER_PAIR)) |
      RANGE_UPPER |
      (place.open ? RANGE_UPPER_OPEN : 0) |
      (place.value === undefined ? 0 : RANGE_UPPER_PAIR);
  }

  #cover(prefix: Uint8Array, codec: BoundCodec): void {
    if (codec.prefix === undefined || codec.prefix === 'none') {
      const what = this.key === undefined ? 'keys' : 'values';
      throw invalidValue(`${what} of the codec '${codec.name}' have no prefixes`);
    }
    if (typedArrayLength(prefix) === 0) return;
    this.#raise(this.#at(prefix, false));
    const end = codec.prefix === 'elements' ? afterElements(prefix) : afterBytes(prefix);
    if (end !== undefined) this.#reduce(this.#at(end, true));
  }
}
