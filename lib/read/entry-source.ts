import { invalidType } from '../base/errors.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { Range, type RangeParts, rangeParts } from './range.ts';
import { type Derivation, derivationOf, type Sequence } from './sequence.ts';

/** An item that stands for an entry: an Entry of a range, or what a function given to `map` has made of one. */
export interface EntryLike {
  readonly key: unknown;
  readonly value: unknown;
}

/**
 * What joins and exports take: a collection, or a collection in a transaction; a range of one; and what `filter()`, `take()` and
 * `map()` make of a range, if the items are entries still: objects with a key and a value.
 */
export type Entries<E extends EntryLike> = Sequence<E> | Ranged<E>;

/** A Readable, of which the whole range is meant. */
interface Ranged<E extends EntryLike> {
  range(): Sequence<E>;
}

/** The range from which entries are read, and what functions in JavaScript make of them. */
export class EntrySource {
  readonly parts: RangeParts;
  /** Whether `map` was called: then a key and a value may be anything, and not what the codecs give. */
  readonly maps: boolean;
  /** From the one that was called last. */
  readonly #derivations: readonly Derivation[];

  /** `name` is how errors name what was given. `ERR_INVALID_ARG_TYPE`. */
  constructor(given: unknown, name: string) {
    const derivations: Derivation[] = [];
    let sequence = sequenceOf(given);
    let derivation = sequence === undefined ? undefined : derivationOf(sequence);
    let maps = false;
    while (derivation !== undefined) {
      derivations.push(derivation);
      maps ||= derivation.maps;
      sequence = derivation.source;
      derivation = derivationOf(sequence);
    }
    const parts = rangeParts(sequence);
    if (parts === undefined || (!parts.hasEntries && derivations.length > 0)) {
      throw invalidType(
        name,
        'a collection, a collection.range(), or .filter(), .take() or .map() of a range (and not its keys() or values())',
        given,
      );
    }
    this.parts = parts;
    this.maps = maps;
    this.#derivations = derivations;
  }

  /** Whether it is a range as it is, which native code can read. */
  get isRange(): boolean {
    return this.#derivations.length === 0;
  }

  /** The items, read through a transaction. Going over them calls the user's functions. */
  items(transaction: OpenTransaction): Iterable<unknown> {
    const { collection, bounds, owner } = this.parts;
    let items: Iterable<unknown> = new Range<unknown, unknown>(collection, bounds, transaction, owner);
    for (let i = this.#derivations.length - 1; i >= 0; i--) items = (this.#derivations[i] as Derivation).over(items);
    return items;
  }
}

/** Throws `ERR_INVALID_ARG_TYPE` unless an item stands for an entry. `name` is how errors name what gave it. */
export function checkEntry(item: unknown, name: string): asserts item is EntryLike {
  if (typeof item === 'object' && item !== null && 'key' in item && 'value' in item) return;
  throw invalidType(
    `an item of ${name}`,
    'an entry, or an object with a key and a value: map() must give { key, value }',
    item,
  );
}

/** A sequence, or the whole range of a Readable. */
function sequenceOf(given: unknown): Sequence<unknown> | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { range } = given as { range?: unknown };
  const sequence: unknown = typeof range === 'function' ? range.call(given) : given;
  return typeof sequence === 'object' && sequence !== null ? (sequence as Sequence<unknown>) : undefined;
}
