import { invalidType } from '../base/errors.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import { Range, type RangeState, rangeStateOf } from './range.ts';
import { type Derivation, derivationOf, type Sequence } from './sequence.ts';

/** An Entry of a range, or an object that a function given to `map` has made of one. */
export interface EntryLike {
  readonly key: unknown;
  readonly value: unknown;
}

/**
 * What joins and exports take: a collection, or a collection in a transaction; a range of either; and what `filter()`, `take()` and
 * `map()` make of such a range, if the items still have a key and a value.
 */
export type Entries<E extends EntryLike> = Sequence<E> | Ranged<E>;

/** A Readable, which stands for the range of all its entries. */
interface Ranged<E extends EntryLike> {
  range(): Sequence<E>;
}

/** A range, and the `map()`, `filter()` and `take()` that were called on it. */
export class EntrySource {
  readonly rangeState: RangeState;
  /** Whether `map` was called. Then a key and a value may be anything, not only what the codecs return. */
  readonly maps: boolean;
  /** The calls, from the last to the first. */
  readonly #derivations: readonly Derivation[];

  /** Throws `ERR_INVALID_ARG_TYPE`, which calls the argument `name`, if `given` is none of these. */
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
    const rangeState = rangeStateOf(sequence);
    if (rangeState === undefined || (!rangeState.hasEntries && derivations.length > 0)) {
      throw invalidType(
        name,
        'a collection, a collection.range(), or .filter(), .take() or .map() of a range (and not its keys() or values())',
        given,
      );
    }
    this.rangeState = rangeState;
    this.maps = maps;
    this.#derivations = derivations;
  }

  /** Whether it is a plain range, whose entries native code can read itself. */
  get isRange(): boolean {
    return this.#derivations.length === 0;
  }

  /** The items, read in `transaction`. Iterating calls the user's functions. */
  items(transaction: OpenTransaction): Iterable<unknown> {
    const { collection, bounds, owner } = this.rangeState;
    let items: Iterable<unknown> = new Range<unknown, unknown>(collection, bounds, transaction, owner);
    for (let i = this.#derivations.length - 1; i >= 0; i--) items = (this.#derivations[i] as Derivation).over(items);
    return items;
  }
}

/** Throws `ERR_INVALID_ARG_TYPE` if an item has no key and value. The error calls the source of the item `name`. */
export function checkEntry(item: unknown, name: string): asserts item is EntryLike {
  if (typeof item === 'object' && item !== null && 'key' in item && 'value' in item) return;
  throw invalidType(
    `an item of ${name}`,
    'an entry, or an object with a key and a value: map() must give { key, value }',
    item,
  );
}

/** `given` if it is a sequence, or the range of all entries if it is a Readable. */
function sequenceOf(given: unknown): Sequence<unknown> | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { range } = given as { range?: unknown };
  const sequence: unknown = typeof range === 'function' ? range.call(given) : given;
  return typeof sequence === 'object' && sequence !== null ? (sequence as Sequence<unknown>) : undefined;
}
