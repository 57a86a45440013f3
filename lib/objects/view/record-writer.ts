import { invalidType } from '../../base/errors.ts';
import { Value } from '../../value/value.ts';
import { ORIGINAL } from '../class/evolution.ts';
import { definitionIn, slots } from '../handle.ts';
import {
  BASE,
  type Definition,
  type Draft,
  type FieldDefinition,
  type Handle,
  RECORD,
  STORED,
  type State,
  type StoredClass,
  type StructRecordView,
  UNSET,
  VALUES,
  type View,
  type ViewTxn,
} from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { decodeField, encodePlain, forEachReference, NO_REFERENCES, UnsharedPlain } from '../record/plain.ts';
import { PlainDraft } from '../record/plain-draft.ts';

/** Writes the records of the objects that a transaction has changed. */
export class RecordWriter {
  readonly #base: ObjectBase;
  readonly #view: View;
  /** Of the record that is being written: the transaction, the object, what its draft is based on, and the ids to which it refers. */
  #txn: ViewTxn | undefined;
  #definition: Definition | undefined;
  #record: StructRecordView | undefined;
  readonly #ids: number[] = [];
  /** Made once, and not for each record. */
  readonly #encodeField = (index: number, value: unknown): unknown =>
    this.#encoded((this.#definition as Definition).fields[index] as FieldDefinition, this.#record, value);

  constructor(base: ObjectBase, view: View) {
    this.#base = base;
    this.#view = view;
  }

  /** Writes the record of an object. `ERR_INVALID_ARG_TYPE` if a field is missing, `ERR_NO_OBJECT`. */
  write(handle: Handle, draft: Draft, isNew: boolean, txn: ViewTxn): void {
    const definition = definitionIn(handle);
    const id = slots.id(handle);
    const base = draft[BASE];
    const stored = this.#classFor(definition, base, txn);
    const isCurrent = stored.definition === definition && stored.isCurrent;
    if (isCurrent && base?.[STORED] === stored && stored.recordFields.canCopy(draft[VALUES])) {
      this.#base.objects.put(id, { stored, values: draft[VALUES], base, references: [] }, txn);
      return;
    }
    this.#txn = txn;
    this.#ids.length = 0;
    const values = isCurrent ? this.#fields(definition, draft) : this.#otherFields(stored, definition, draft);
    this.#base.objects.put(id, { stored, values, references: sorted(this.#ids) }, txn);
    if (isNew) definition.onStore?.(handle, txn);
  }

  /** The fields of a record of the program's class. */
  #fields(definition: Definition, draft: Draft): readonly unknown[] {
    const { fields, generated } = definition;
    if (definition.isScalar && isWhole(draft[VALUES])) return draft[VALUES];
    this.#definition = definition;
    this.#record = draft[BASE]?.[RECORD];
    const values = generated.input(draft, this.#encodeField);
    for (let i = 0; i < values.length; i++) {
      if (values[i] !== undefined || (fields[i] as FieldDefinition).isOptional) continue;
      const { name } = fields[i] as FieldDefinition;
      throw invalidType(`${definition.name}.${name}`, 'set before the object is stored', undefined);
    }
    return values;
  }

  /** The fields of a record that has others than the program's class: see `#classFor`. */
  #otherFields(stored: StoredClass, definition: Definition, draft: Draft): unknown[] {
    const original = originalOf(draft[BASE] as State);
    return stored.fields.map((there) => {
      const { name, kind } = there;
      const field = definition.byName.get(name);
      const value = field === undefined ? UNSET : draft[VALUES][field.index];
      if (kind === 'plain' || kind === 'reference') return this.#encoded(there, original, value);
      return value !== UNSET ? value : original[name];
    });
  }

  /**
   * The class to store an object with: that of the program, or the one that its record has, if that has all fields of the program's class and more. Then a
   * newer program has written it, whose fields stay.
   */
  #classFor(definition: Definition, base: State | undefined, txn: ViewTxn): StoredClass {
    const stored = base?.[STORED];
    if (stored !== undefined && !stored.isCurrent && hasAll(stored, definition)) return stored;
    return this.#base.classFor(definition, txn);
  }

  /** A reference or a plain value as the struct takes it: `record` has it if nobody has changed it. Adds the ids of what it refers to. */
  #encoded(
    { name, kind }: Pick<FieldDefinition, 'name' | 'kind'>,
    record: StructRecordView | undefined,
    value: unknown,
  ): unknown {
    if (value instanceof PlainDraft) {
      return this.#encoded({ name, kind }, record, value.isUnchanged ? UNSET : value.now);
    }
    if (value === UNSET) return record === undefined ? undefined : keptReferences(record[name], kind, this.#ids);
    if (value === undefined) return undefined;
    if (kind === 'reference') return this.#referTo(value as object);
    forEachReference(value, (object) => this.#referTo(object));
    return encodePlain(value, this.#view);
  }

  #referTo(object: object): number {
    const id = this.#view.referTo(object, this.#txn as ViewTxn);
    this.#ids[this.#ids.length] = id;
    return id;
  }
}

/** Whether the values of a draft have all fields. */
function isWhole(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] === UNSET || values[i] === undefined) return false;
  return true;
}

function sorted(ids: number[]): readonly number[] {
  if (ids.length < 2) return ids;
  ids.sort((a, b) => a - b);
  return ids.filter((id, i) => i === 0 || id !== ids[i - 1]);
}

/** The record of a state as it is stored, and not as an upgrade has made it. */
function originalOf(base: State): StructRecordView {
  const record = base[RECORD] as StructRecordView & { readonly [ORIGINAL]?: StructRecordView };
  return record[ORIGINAL] ?? record;
}

/** A reference or a plain value of a record, as the struct takes it. Adds the ids of what it refers to. */
function keptReferences(value: unknown, kind: string, ids: number[]): unknown {
  if (value === undefined) return undefined;
  if (kind === 'reference') {
    ids.push(value as number);
    return value;
  }
  const decoded = decodeField(value);
  if (decoded instanceof UnsharedPlain) {
    ids.push(...decoded.ids);
    return decoded.encoded;
  }
  return value instanceof Value ? value : encodePlain(value, NO_REFERENCES);
}

function hasAll(stored: StoredClass, { fields }: Definition): boolean {
  return fields.every(({ name, kind, type }) =>
    stored.fields.some(
      (each) =>
        each.name === name &&
        each.kind === kind &&
        JSON.stringify(each.description) === JSON.stringify(type.description),
    ),
  );
}
