import { LeaseholdError } from '../../base/errors.ts';
import { OwnMap } from '../../base/own-map.ts';
import type { Collection } from '../../environment/collection.ts';
import type { Environment } from '../../environment/environment.ts';
import type { EnvironmentState } from '../../transaction/environment-state.ts';
import { inWrite } from '../../transaction/in-write.ts';
import type { OpenWrite } from '../../transaction/open-write.ts';
import { rememberedStruct, type StructCodec } from '../../value/struct/struct.ts';
import type { ClassRow } from '../../versions/engine/object-source.ts';
import type { Definition, State, StoredClass, StoredField, StructRecordView } from '../model.ts';
import { RecordFields } from '../record/record-fields.ts';
import { definitionNamed } from './definition.ts';
import { evolved } from './evolution.ts';
import { opaqueDefinition } from './opaque.ts';

export type ClassRows = Collection<number, unknown>;

/** The classes of which a store has objects. A class that gets other fields gets another number, and old records keep the old one. */
export class Classes {
  readonly #environment: Environment;
  readonly #state: EnvironmentState;
  readonly #rows: ClassRows;
  readonly #byId = new OwnMap<number, StoredClass>();
  readonly #byDefinition = new OwnMap<Definition, StoredClass>();

  constructor(environment: Environment, state: EnvironmentState, rows: ClassRows) {
    this.#environment = environment;
    this.#state = state;
    this.#rows = rows;
  }

  /** Whether the store knows a class of that number. */
  has(id: number): boolean {
    return this.#byId.has(id) || this.#read(id) !== undefined;
  }

  /** The class of a number that stands in a record. `ERR_CODEC` if the store has none. */
  byId(id: number): StoredClass {
    return this.#byId.get(id) ?? this.#load(id);
  }

  /** The class with which objects of a definition are stored. Adds it to the store if it is not there. */
  of(definition: Definition): StoredClass {
    return this.#byDefinition.get(definition) ?? this.#find(definition);
  }

  /** All classes of the store. */
  all(): StoredClass[] {
    const txn = this.#environment.read();
    try {
      return [...this.#rows.range({}, txn).keys()].map((id) => this.byId(id));
    } finally {
      txn.end();
    }
  }

  /** What the store remembers of all classes. */
  rows(): [number: number, row: ClassRow][] {
    const txn = this.#environment.read();
    try {
      return [...this.#rows.range({}, txn)].map(({ key, value }) => [key, value as ClassRow]);
    } finally {
      txn.end();
    }
  }

  /** The number of a class, which is added to the store if it is not there. */
  add(row: ClassRow): number {
    return inWrite(this.#state, (transaction) => this.#add(row, transaction));
  }

  #load(id: number): StoredClass {
    const row = this.#read(id) as ClassRow | undefined;
    if (row === undefined) {
      throw new LeaseholdError(
        'ERR_CODEC',
        `a record belongs to class ${id}, which the store does not know: it is damaged`,
      );
    }
    const loaded = makeStored(id, row);
    this.#byId.set(id, loaded);
    return loaded;
  }

  #read(id: number): unknown {
    const writing = this.#state.writing;
    if (writing !== undefined) return this.#rows.get(id);
    const txn = this.#environment.read();
    try {
      return this.#rows.get(id, txn);
    } finally {
      txn.end();
    }
  }

  #find(definition: Definition): StoredClass {
    const found = inWrite(this.#state, (transaction) => this.byId(this.#add(rowOf(definition), transaction)));
    this.#byDefinition.set(definition, found);
    return found;
  }

  #add(row: ClassRow, transaction: OpenWrite): number {
    const wanted = JSON.stringify(row);
    let last = 0;
    for (const { key, value } of this.#rows.range()) {
      last = key;
      if (JSON.stringify(value) === wanted) return key;
    }
    this.#rows.put(last + 1, row);
    // Then another class may get the number.
    transaction.ifRolledBack(() => {
      this.#byId.clear();
      this.#byDefinition.clear();
    });
    return last + 1;
  }
}

/** What a store remembers of a class. */
export function rowOf(definition: Definition): ClassRow {
  return {
    name: definition.name,
    fields: definition.fields.map(({ name, kind, type }) => [name, kind, type.description]),
  };
}

/** A class as a store remembers it. `ERR_CODEC`. */
export function makeStored(id: number, row: ClassRow): StoredClass {
  const fields = row.fields.map(([name, kind, description]) => ({ name, kind, description }) as StoredField);
  const codec = rememberedStruct({ struct: row.fields.map(([name, , description]) => [name, description]) });
  if (codec === undefined) {
    throw new LeaseholdError(
      'ERR_CODEC',
      `the fields of the class '${row.name}' are of types that this version does not know`,
    );
  }
  const known = definitionNamed(row.name);
  const definition = known ?? opaqueDefinition(row.name, fields);
  const isCurrent = JSON.stringify(rowOf(definition).fields) === JSON.stringify(row.fields);
  const { Fields } = definition.generated;
  const stored: StoredClass = {
    id,
    name: row.name,
    fields,
    codec: codec as unknown as StructCodec<never>,
    recordFields: new RecordFields(codec),
    definition,
    isCurrent,
    state: (record: StructRecordView, tid: number): State =>
      new Fields(isCurrent ? record : evolved(stored, record), tid, stored),
  };
  return stored;
}
