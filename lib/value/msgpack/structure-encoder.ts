import type { Packr } from 'msgpackr';
import { invalidType, LeaseholdError, withField } from '../../base/errors.ts';
import { isPromise } from '../../base/platform.ts';
import { MOST_OWN_STRUCTURES, MOST_STRUCTURES, msgpackr, type Structure } from './structures.ts';

/** An object with more properties is probably a dictionary, whose shape no other object has. */
const MOST_SHARED_NAMES = 64;

/** Packr, with members that its types leave out. */
type SharingPackr = Packr & { structures: string[][] & { sharedLength?: number } };

/** Encodes values with the structures of their collection. */
export class StructureEncoder {
  readonly #packr: SharingPackr;
  #structures: readonly Structure[];
  /** Whether a value is being encoded. User code that runs meanwhile may encode another value, which needs another encoder. */
  busy = false;

  /** With `adds`, values of a new shape add a structure. If not, they are written with their property names. */
  constructor(structures: readonly Structure[], adds: boolean) {
    this.#packr = new (msgpackr().Packr)({
      structures: [],
      maxSharedStructures: MOST_STRUCTURES,
      maxOwnStructures: MOST_OWN_STRUCTURES,
      shouldShareStructure: adds ? (names) => names.length <= MOST_SHARED_NAMES : () => false,
      moreTypes: true,
      writeFunction: () => {
        throw invalidType('a msgpack value', 'something that MessagePack can hold', () => {});
      },
    }) as SharingPackr;
    this.#structures = structures;
    this.use(structures);
  }

  /** Encodes with these structures from now on, and forgets any that were added. */
  use(structures: readonly Structure[]): void {
    this.#structures = structures;
    this.#packr.structures = Object.assign(
      structures.map((structure) => [...structure]),
      { sharedLength: structures.length },
    );
  }

  /** Forgets the structures added since the last `use`. */
  forget(): void {
    this.use(this.#structures);
  }

  /** All structures, with those that values have added since `use`; undefined if none was added. */
  get added(): readonly Structure[] | undefined {
    const { structures } = this.#packr;
    if (structures.sharedLength === this.#structures.length) return undefined;
    return structures.slice(0, structures.sharedLength).map((structure) => [...structure]);
  }

  /**
   * The bytes of a value. `ERR_INVALID_ARG_TYPE` for what MessagePack cannot hold, `ERR_INVALID_ARG_VALUE` for a cycle;
   * errors of a getter or a `toJSON` are thrown as they are.
   */
  encode(value: unknown): Uint8Array {
    if (value === undefined || isPromise(value)) {
      throw invalidType('a msgpack value', 'something that MessagePack can hold', value);
    }
    this.busy = true;
    try {
      return this.#packr.pack(value);
    } catch (cause) {
      this.forget();
      throw asError(cause);
    } finally {
      this.busy = false;
    }
  }
}

/** Errors of the engine and of msgpackr have no code. */
function asError(cause: unknown): unknown {
  if (!(cause instanceof Error) || 'code' in cause) return cause;
  if (cause instanceof RangeError) {
    return new LeaseholdError('ERR_INVALID_ARG_VALUE', `a msgpack value cannot be written: ${cause.message}`, {
      cause,
    });
  }
  if (cause.message.startsWith('Unknown type: ')) {
    const error = new TypeError(`a msgpack value cannot hold a ${cause.message.slice('Unknown type: '.length)}`, {
      cause,
    });
    return withField(error, 'code', 'ERR_INVALID_ARG_TYPE');
  }
  return cause;
}
