import { checkChoice, checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { objectGetPrototypeOf, PrimordialUint8Array, typedArrayLength, typedArraySet } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { checkKeySize } from '../catalog/key-size.ts';
import type { KeyCodec } from '../key/codec.ts';
import type { Key } from '../key/key.ts';
import { compareBytes, copyBytes } from '../lease/bytes.ts';
import { RANGE_LOWER, RANGE_LOWER_OPEN, RANGE_REVERSE, RANGE_UPPER, RANGE_UPPER_OPEN } from '../native/constants.ts';
import { writeRange } from '../transaction/clear-range.ts';
import type { OnEnd } from '../transaction/open-options.ts';
import { isSequence } from './sequence.ts';

/**
 * A key, or the leading elements of a tuple. A bound with only leading elements sorts before all keys that begin with them. So `gt` and
 * `gte` of `['FR']` include these keys, `lt` and `lte` exclude them, and `prefix` includes nothing else.
 */
export type RangeBound<K> =
  K extends Key<readonly unknown[]>
    ? Key<readonly unknown[]>
    : K extends readonly [...infer Leading, unknown]
      ? K | RangeBound<Readonly<Leading>>
      : K;

/** Which entries of a collection, and in which order. With several bounds, an entry must be inside all of them. */
export interface RangeOptions<K> {
  gt?: K | RangeBound<K>;
  gte?: K | RangeBound<K>;
  lt?: K | RangeBound<K>;
  lte?: K | RangeBound<K>;
  /** The leading elements of tuple keys, or the leading bytes of `utf8` and `bytes` keys. */
  prefix?: K | RangeBound<K>;
  /** True: from the last entry to the first. */
  reverse?: boolean;
  /** The most entries. */
  limit?: number;
  /** For a range that opens its own transaction: whether sinks that you still hold at its end are copied or expire. */
  onEnd?: OnEnd;
}

const { hasOwn } = Object;

const DELETION_NAMES = ['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit'];
const NAMES = [...DELETION_NAMES, 'onEnd'];
const NO_LIMIT = 2 ** 53;

/** The options of a range, checked, with the bounds encoded for native code. */
export class Bounds {
  flags = 0;
  limit: number = NO_LIMIT;
  onEnd: OnEnd | undefined;
  #lower: Uint8Array | undefined;
  #upper: Uint8Array | undefined;

  /** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` or `ERR_OUT_OF_RANGE`, and what the codec throws. */
  static of<K>(options: RangeOptions<K> | undefined, codec: KeyCodec<K, unknown>): Bounds {
    const bounds = new Bounds();
    if (options === undefined) return bounds;
    checkObject(options, 'options');
    if (isSequence(options)) {
      throw invalidType('options', 'an object with the bounds of the range, as { prefix: … }', options);
    }
    checkOptionNames(options, NAMES, 'range()');
    const { gt, gte, lt, lte, prefix, reverse, limit, onEnd } = options;
    if (gt !== undefined && gte !== undefined) throw invalidValue('a range has gt or gte, not both');
    if (lt !== undefined && lte !== undefined) throw invalidValue('a range has lt or lte, not both');
    if (reverse !== undefined && typeof reverse !== 'boolean') throw invalidType('reverse', 'a boolean', reverse);
    checkSize(limit, 'limit', 0, Number.MAX_SAFE_INTEGER);
    checkChoice(onEnd, 'onEnd', ['copy', 'invalidate']);
    bounds.onEnd = onEnd;
    if (reverse === true) bounds.flags |= RANGE_REVERSE;
    if (limit !== undefined) bounds.limit = limit;
    if (gt !== undefined) bounds.#raise(encode(codec, gt), true);
    if (gte !== undefined) bounds.#raise(encode(codec, gte), false);
    if (lt !== undefined) bounds.#reduce(encode(codec, lt), true);
    if (lte !== undefined) bounds.#reduce(encode(codec, lte), false);
    if (prefix !== undefined) bounds.#cover(encode(codec, prefix), codec);
    return bounds;
  }

  /** The bounds of one key's entries. Throws what the codec throws, and `ERR_KEY_SIZE` for a key that cannot be stored. */
  static ofKey<K>(key: K, codec: KeyCodec<K, unknown>): Bounds {
    const bound = encode(codec, key);
    checkKeySize(typedArrayLength(bound));
    const bounds = new Bounds();
    bounds.#raise(bound, false);
    bounds.#reduce(bound, false);
    return bounds;
  }

  /**
   * The bounds of entries to delete. Refuses options that would delete everything by mistake: a Range in place of options, or a bound
   * that is present but undefined. Otherwise throws what `of` throws.
   */
  static ofDeletion<K>(options: RangeOptions<K> | undefined, codec: KeyCodec<K, unknown>): Bounds {
    if (options !== undefined) {
      checkObject(options, 'options');
      const prototype: unknown = objectGetPrototypeOf(options);
      if (isSequence(options) || (prototype !== null && objectGetPrototypeOf(prototype as object) !== null)) {
        throw invalidType('options', 'an object with the bounds of the range, as { prefix: … }', options);
      }
      checkOptionNames(options, DELETION_NAMES, 'clear()');
      for (let i = 0; i < DELETION_NAMES.length; i++) {
        const name = DELETION_NAMES[i] as keyof RangeOptions<K>;
        if (options[name] !== undefined || !hasOwn(options, name)) continue;
        throw invalidType(name, 'left out, or a value: undefined would delete more than is meant', undefined);
      }
    }
    return Bounds.of(options, codec);
  }

  /** The same bounds, with at most `count` entries. */
  limitedTo(count: number): Bounds {
    const bounds = new Bounds();
    bounds.flags = this.flags;
    bounds.limit = count < this.limit ? count : this.limit;
    bounds.onEnd = this.onEnd;
    bounds.#lower = this.#lower;
    bounds.#upper = this.#upper;
    return bounds;
  }

  /** Writes the bytes of the lower and of the upper bound to the writer, from `at` on. Does not advance the writer's position. */
  write(at: number): { lowerLength: number; upperLength: number } {
    const lowerLength = this.#lower === undefined ? 0 : typedArrayLength(this.#lower);
    const upperLength = this.#upper === undefined ? 0 : typedArrayLength(this.#upper);
    if (lowerLength + upperLength > 0) {
      writer.reserve(lowerLength + upperLength);
      if (this.#lower !== undefined) typedArraySet(writer.bytes, this.#lower, at);
      if (this.#upper !== undefined) typedArraySet(writer.bytes, this.#upper, at + lowerLength);
    }
    return { lowerLength, upperLength };
  }

  /** Appends the bounds to the writer in the form that CHANGE_CLEAR takes: see `writeRange`. */
  writeForClear(): number {
    return writeRange(this.flags, this.limit, this.#lower, this.#upper);
  }

  #raise(bound: Uint8Array, open: boolean): void {
    const order = this.#lower === undefined ? 1 : compareAll(bound, this.#lower);
    if (order < 0 || (order === 0 && !open)) return;
    this.#lower = bound;
    this.flags = (this.flags & ~RANGE_LOWER_OPEN) | RANGE_LOWER | (open ? RANGE_LOWER_OPEN : 0);
  }

  #reduce(bound: Uint8Array, open: boolean): void {
    const order = this.#upper === undefined ? -1 : compareAll(bound, this.#upper);
    if (order > 0 || (order === 0 && !open)) return;
    this.#upper = bound;
    this.flags = (this.flags & ~RANGE_UPPER_OPEN) | RANGE_UPPER | (open ? RANGE_UPPER_OPEN : 0);
  }

  #cover(prefix: Uint8Array, codec: KeyCodec<never, unknown>): void {
    if (codec.prefix === 'none') throw invalidValue(`keys of the codec '${codec.name}' have no prefixes`);
    if (typedArrayLength(prefix) === 0) return;
    this.#raise(prefix, false);
    const end = codec.prefix === 'elements' ? afterElements(prefix) : afterBytes(prefix);
    if (end !== undefined) this.#reduce(end, true);
  }
}

function encode<K>(codec: KeyCodec<K, unknown>, key: K | RangeBound<K>): Uint8Array {
  const start = writer.position;
  try {
    codec.write(key as K, writer);
    return copyBytes(writer.bytes, start, writer.position - start);
  } finally {
    writer.position = start;
    writer.trim();
  }
}

function compareAll(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, typedArrayLength(a), b, 0, typedArrayLength(b));
}

/** A bound above every tuple that begins with these elements. No element has the code FF, so FF sorts after every further element. */
function afterElements(prefix: Uint8Array): Uint8Array {
  const length = typedArrayLength(prefix);
  const end = new PrimordialUint8Array(length + 1);
  typedArraySet(end, prefix);
  end[length] = 0xff;
  return end;
}

/** The least bytes that sort after all bytes with this prefix. Undefined if there are none: the prefix has only FF. */
function afterBytes(prefix: Uint8Array): Uint8Array | undefined {
  let length = typedArrayLength(prefix);
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = copyBytes(prefix, 0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
}
