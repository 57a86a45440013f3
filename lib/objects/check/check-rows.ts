import { LeaseholdError } from '../../base/errors.ts';
import { ITEM_COUNT, ITEM_ENTRY } from '../../key/item-key.ts';
import { ID_BYTES, idAt } from '../../key/object-id.ts';
import type { ReadTransaction } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { Condemned } from '../garbage/condemned.ts';
import { rawCollection } from '../raw-collection.ts';
import { decodePlain } from '../record/plain.ts';
import { referencesOf } from '../record/record.ts';
import type { Problem } from './problem.ts';
import { classNameOf } from './record-class.ts';
import { absentOf, idsIn, isSame } from './references.ts';

/** Checks each row, and gives what is wrong with it; and of each collection how many entries it has. */
export function* checkRows(base: Base, txn: ReadTransaction): Generator<readonly Problem[]> {
  const condemned = new Condemned(base, txn);
  let owner: Owner | undefined;
  for (const { key, value } of rawCollection(base.items).range({}, txn)) {
    const bytes = key.toBuffer();
    const id = bytes.length > ID_BYTES ? idAt(bytes, 0) : 0;
    const problems: Problem[] = [];
    if (owner?.id !== id) {
      if (owner !== undefined) problems.push(...owner.finish());
      owner = new Owner(base, txn, condemned, id);
    }
    problems.push(...owner.check(bytes[ID_BYTES] as number, value.toBuffer()));
    yield problems;
  }
  if (owner !== undefined) yield owner.finish();
}

/** The rows of one object. */
class Owner {
  readonly id: number;
  readonly #base: Base;
  readonly #txn: ReadTransaction;
  readonly #condemned: Condemned;
  readonly #state: 'there' | 'absent' | 'condemned';
  readonly #class: string | undefined;
  #rows = 0;
  #entries = 0;
  #count: unknown;

  constructor(base: Base, txn: ReadTransaction, condemned: Condemned, id: number) {
    this.#base = base;
    this.#txn = txn;
    this.#condemned = condemned;
    this.id = id;
    this.#state = condemned.has(id) ? 'condemned' : base.objects.has(id, txn) ? 'there' : 'absent';
    this.#class = this.#state === 'there' ? classNameOf(base, txn, id) : undefined;
  }

  check(kind: number, value: Uint8Array): readonly Problem[] {
    this.#rows++;
    if (this.#state !== 'there') return [];
    if (kind === ITEM_ENTRY) this.#entries++;
    try {
      const references = referencesOf(value);
      const decoded = decodePlain(value.slice(0, value.length - references.length * ID_BYTES - COUNT_BYTES));
      if (kind === ITEM_COUNT) this.#count = decoded;
      const problems = absentOf(this.#base, this.#txn, this.#condemned, references).map((absent) =>
        this.#problem(
          'dangling',
          `has a row that refers to object ${absent}, which is not there: delete or replace that row`,
        ),
      );
      if (!isSame(idsIn(decoded), references)) {
        problems.push(
          this.#problem(
            'references',
            'has a row that refers to other objects than it says, by which collect() marks: set it again',
          ),
        );
      }
      return problems;
    } catch (error) {
      if (!(error instanceof LeaseholdError)) throw error;
      return [this.#problem('unreadable', `has a row that cannot be read: ${error.message}. Delete or replace it`)];
    }
  }

  /** To be called after all rows. */
  finish(): readonly Problem[] {
    if (this.#state === 'absent') {
      return [
        this.#problem(
          'owner',
          `is not there, but there are ${this.#rows} rows of it: nothing reads them, and they only take room`,
        ),
      ];
    }
    if (typeof this.#count !== 'number' || this.#entries === 0 || this.#count === this.#entries) return [];
    return [
      this.#problem('count', `has ${this.#entries} entries, but its size says ${this.#count}: copy it into a new one`),
    ];
  }

  #problem(kind: Problem['kind'], what: string): Problem {
    const name = this.#class === undefined ? '' : ` of the class '${this.#class}'`;
    return { kind, id: this.id, class: this.#class, message: `object ${this.id}${name} ${what}` };
  }
}

/** The bytes of the count of references. */
const COUNT_BYTES = 4;
