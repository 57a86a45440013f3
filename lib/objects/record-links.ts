import type { Collection } from '../environment/collection.ts';
import { Lease, NO_VIEWS } from '../lease/lease.ts';
import { ONLY_VALUE } from '../lease/sink.ts';
import { rememberedStruct } from '../value/struct/struct.ts';
import type { Value } from '../value/value.ts';
import { decodePlain, UnsharedPlain } from './record/plain.ts';
import { classNumberOf, referenceCount, referencesOf } from './record/record.ts';

/** A class of a store, as far as its references go: nothing is known of what a program does with it. */
export interface LinkedClass {
  readonly number: number;
  readonly name: string;
  /** The names of the fields that can have references. */
  readonly fields: readonly string[];
  /** Whether its objects have rows. */
  readonly isCollection: boolean;
  /** Reads a record: gives the ids in a field of it. */
  read(record: Uint8Array): (field: string) => readonly number[];
}

/** leasehold's own classes whose objects have rows. */
const COLLECTIONS: readonly string[] = ['leasehold.List', 'leasehold.Map', 'leasehold.Set', 'leasehold.Dictionary'];
export const DICTIONARY = 'leasehold.Dictionary';
const NONE: readonly number[] = [];

/** Finds the references in records of objects by the classes that the store remembers. */
export class RecordLinks {
  readonly #rows: Collection<number, unknown>;
  readonly #classes = new Map<number, LinkedClass>();

  /** `rows`: what the store remembers of each class, by its number. */
  constructor(rows: Collection<number, unknown>) {
    this.#rows = rows;
  }

  /** The class of a record; undefined if it is damaged, or the store does not know the class. */
  classOf(record: Uint8Array): LinkedClass | undefined {
    try {
      const number = classNumberOf(record, referenceCount(record));
      return this.#classes.get(number) ?? this.#load(number);
    } catch {
      return undefined;
    }
  }

  #load(number: number): LinkedClass | undefined {
    const row = this.#rows.get(number) as { name: string; fields: [string, string, unknown][] } | undefined;
    const codec = rememberedStruct({ struct: row?.fields.map(([name, , description]) => [name, description]) });
    if (row === undefined || codec === undefined) return undefined;
    const kinds = new Map(row.fields.map(([name, kind]) => [name, kind]));
    const made: LinkedClass = {
      number,
      name: row.name,
      fields: [...kinds].filter(([, kind]) => kind === 'reference' || kind === 'plain').map(([name]) => name),
      isCollection: COLLECTIONS.includes(row.name),
      read(record) {
        const view = codec.view(Lease.private(NO_VIEWS, record, 0), ONLY_VALUE) as Record<string, unknown>;
        return (field) => {
          const kind = kinds.get(field);
          if (kind !== 'reference' && kind !== 'plain') return NONE;
          return kind === 'reference' ? idOf(view[field]) : idsOf(view[field]);
        };
      },
    };
    this.#classes.set(number, made);
    return made;
  }
}

/** All ids in a record of an object, or in the value of a row of a persistent collection. */
export function linksIn(value: Uint8Array): readonly number[] {
  try {
    return referencesOf(value);
  } catch {
    return NONE;
  }
}

/** Whether there are any. */
export function hasLinks(value: Uint8Array): boolean {
  try {
    return referenceCount(value) > 0;
  } catch {
    return false;
  }
}

function idOf(value: unknown): readonly number[] {
  return typeof value === 'number' ? [value] : NONE;
}

function idsOf(stored: unknown): readonly number[] {
  if (stored === undefined) return NONE;
  const plain = decodePlain((stored as Value).toBuffer());
  return plain instanceof UnsharedPlain ? plain.ids : NONE;
}
