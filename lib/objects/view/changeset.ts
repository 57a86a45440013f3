import { invalidType, LeaseholdError } from '../../base/errors.ts';
import type { ChangingTxn } from '../../transaction/transaction.ts';
import { Value } from '../../value/value.ts';
import type { Base } from '../base.ts';
import { ORIGINAL } from '../class/evolution.ts';
import { emptyDraft } from '../class/fields.ts';
import { noObject, notPersistent } from '../errors.ts';
import { handleOf } from '../handle.ts';
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
  UNSET,
  VALUES,
  type View,
} from '../model.ts';
import { decodeField, encodePlain, forEachReference, UnsharedPlain } from '../record/plain.ts';
import { PlainDraft } from '../record/plain-draft.ts';
import { UNSTORED } from './view.ts';

/** What a handle was before a transaction changed it. */
interface Before {
  readonly handle: Handle;
  readonly draft: Draft | undefined;
  readonly view: View;
  readonly id: number;
  /** Whether the record is to be written. */
  isDirty: boolean;
}

interface RowDraft {
  readonly value: PlainDraft;
  readonly write: (value: unknown) => void;
}

/** The objects that a transaction has changed or stored, and what they were before. */
export class Changeset {
  readonly #base: Base;
  readonly #view: View;
  readonly #before = new Map<Handle, Before>();
  /** Whose records are to be written, in order; each once. */
  #dirty: Before[] = [];
  /** The drafts of plain values in rows, by row. */
  readonly #rows = new Map<string, RowDraft>();

  constructor(base: Base, view: View) {
    this.#base = base;
    this.#view = view;
  }

  /** Whether it has stored the object of a handle. */
  hasCreated(handle: Handle | undefined): boolean {
    const before = handle === undefined ? undefined : this.#before.get(handle);
    return before !== undefined && before.id === 0;
  }

  /** To be called before a handle is changed. */
  note(handle: Handle): void {
    const before = this.#before.get(handle) ?? this.#add(handle);
    // The draft that a rollback restores stays as it is.
    if (handle.draft !== undefined && handle.draft === before.draft)
      handle.draft = copyOf(handle.definition, handle.draft);
    this.#setDirty(before);
  }

  #add(handle: Handle): Before {
    const { draft, view, id } = handle;
    const before = { handle, draft, view, id, isDirty: false };
    this.#before.set(handle, before);
    return before;
  }

  #setDirty(before: Before): void {
    if (before.isDirty) return;
    before.isDirty = true;
    this.#dirty.push(before);
  }

  /** The id of an object: a new one, if it is not stored yet. It is written by the next `flush`. */
  idOf(object: object, adopt: (handle: Handle) => void): number {
    const handle = handleOf(object) as Handle;
    if (handle.view === UNSTORED) {
      this.#setDirty(this.#before.get(handle) ?? this.#add(handle));
      handle.id = this.#base.newId();
      handle.view = this.#view;
      adopt(handle);
    } else if (handle.view.base !== this.#base) {
      throw notPersistent(handle.definition.name, 'an object of another store: make a new one from its fields');
    } else if (handle.view !== this.#view && handle.view.hasUncommitted(handle)) {
      throw notPersistent(
        handle.definition.name,
        'an object that another transaction has stored and not committed yet: refer to it after that',
      );
    }
    return handle.id;
  }

  /** Ends the drafts of plain values, so that what they are by now is the value of their fields. `ERR_NOT_PERSISTENT`. */
  settle(): void {
    for (const { handle } of this.#dirty) settleDrafts(handle);
    for (const [row, { value, write }] of this.#rows) {
      this.#rows.delete(row);
      const now = value.finish('a value of a persistent collection');
      if (now !== value.base) write(now);
    }
  }

  /** See View.rowDraft. */
  rowDraft(row: string, value: object, write: (value: unknown) => void): object {
    let known = this.#rows.get(row);
    if (known === undefined) {
      known = { value: new PlainDraft(value), write };
      this.#rows.set(row, known);
    }
    return known.value.draft;
  }

  /** A row was written otherwise: its draft does not count any more. */
  dropRowDraft(row: string): void {
    this.#rows.delete(row);
  }

  /** Writes the records of all that has changed. What they refer to and is not stored yet is stored too. */
  flush(txn: ChangingTxn): void {
    this.settle();
    // What is added meanwhile comes, too: the list may be long, so nothing here calls itself.
    for (let i = 0; i < this.#dirty.length; i++) {
      const before = this.#dirty[i] as Before;
      before.isDirty = false;
      const { handle } = before;
      settleDrafts(handle);
      const { draft } = handle;
      if (draft !== undefined && (before.id === 0 || !isUnchanged(draft))) this.#write(before, draft, txn);
    }
    this.#dirty = [];
  }

  #write({ handle, id }: Before, draft: Draft, txn: ChangingTxn): void {
    const { definition, object } = handle;
    const stored = this.#classFor(definition, draft[BASE]);
    const ids: number[] = [];
    const fields =
      stored.definition === definition && stored.isCurrent
        ? definition.generated.input(draft, (index, value) =>
            this.#encoded(definition.fields[index] as FieldDefinition, draft[BASE], value, ids, txn),
          )
        : this.#otherFields(stored, definition, draft, ids, txn);
    for (const { name, isOptional } of definition.fields) {
      if (isOptional || fields[name] !== undefined) continue;
      throw invalidType(`${definition.name}.${name}`, 'set before the object is stored', undefined);
    }
    this.#base.objects.put(handle.id, { stored, fields, references: sorted(ids) }, txn);
    if (id === 0) definition.onStore?.(object, txn);
  }

  /** The fields of a record that has others than the program's class: see `#classFor`. */
  #otherFields(
    stored: StoredClass,
    definition: Definition,
    draft: Draft,
    ids: number[],
    txn: ChangingTxn,
  ): Record<string, unknown> {
    const fields: Record<string, unknown> = Object.create(null);
    for (const there of stored.fields) {
      const { name } = there;
      const field = definition.byName.get(name);
      const value = field === undefined ? UNSET : draft[VALUES][field.index];
      fields[name] =
        there.kind === 'plain' || there.kind === 'reference'
          ? this.#encoded(there, draft[BASE], value, ids, txn)
          : value !== UNSET
            ? value
            : kept(draft[BASE] as State, name);
    }
    return fields;
  }

  /**
   * The class to store an object with: that of the program, or the one that its record has, if that has all fields of the program's class and more. Then a
   * newer program has written it, whose fields stay.
   */
  #classFor(definition: Definition, base: State | undefined): StoredClass {
    const stored = base?.[STORED];
    if (stored !== undefined && !stored.isCurrent && hasAll(stored, definition)) return stored;
    return this.#base.classes.of(definition);
  }

  /** A reference or a plain value as the struct takes it. Adds the ids of what it refers to. */
  #encoded(
    { name, kind }: Pick<FieldDefinition, 'name' | 'kind'>,
    base: State | undefined,
    value: unknown,
    ids: number[],
    txn: ChangingTxn,
  ): unknown {
    if (value === UNSET) return base === undefined ? undefined : keptReferences(kept(base, name), kind, ids);
    if (value === undefined) return undefined;
    if (kind === 'reference') return this.#referTo(value as object, ids, txn);
    forEachReference(value, (object) => this.#referTo(object, ids, txn));
    return encodePlain(value, this.#view);
  }

  /** The id of an object. Throws `ERR_NO_OBJECT` if it is gone: collect() may have deleted what a program has held. */
  #referTo(object: object, ids: number[], txn: ChangingTxn): number {
    const id = this.#view.idOf(object);
    ids.push(id);
    const handle = handleOf(object) as Handle;
    const isThere = handle.view === this.#view && (handle.state !== undefined || this.#before.has(handle));
    if (!isThere && !this.#base.objects.has(id, txn)) throw noObject(id);
    return id;
  }

  /** Restores what the handles were. */
  rollBack(): void {
    for (const { handle, draft, view, id } of this.#before.values()) {
      if (handle.view !== view) this.#view.forget(handle);
      handle.draft = draft;
      handle.view = view;
      handle.id = id;
    }
  }

  /** Everything was committed: the records in the map have it all. Calls `take` with each object that it has stored. */
  committed(take?: (handle: Handle) => void): void {
    for (const { handle, id } of this.#before.values()) {
      handle.draft = undefined;
      handle.state = undefined;
      if (id === 0) take?.(handle);
    }
  }

  /** What an inner transaction has done belongs to this one now. */
  takeOver(inner: Changeset): void {
    for (const before of inner.#before.values()) {
      if (!this.#before.has(before.handle)) this.#before.set(before.handle, { ...before, isDirty: false });
    }
  }
}

function sorted(ids: number[]): readonly number[] {
  if (ids.length < 2) return ids;
  ids.sort((a, b) => a - b);
  return ids.filter((id, i) => i === 0 || id !== ids[i - 1]);
}

function copyOf(definition: Definition, draft: Draft): Draft {
  const copy = emptyDraft(definition, draft[BASE]);
  for (let i = 0; i < draft[VALUES].length; i++) copy[VALUES][i] = draft[VALUES][i];
  return copy;
}

function isUnchanged(draft: Draft): boolean {
  return draft[VALUES].every((value) => value === UNSET);
}

/** Ends the drafts of plain values of a handle. */
function settleDrafts({ draft, definition }: Handle): void {
  if (draft === undefined) return;
  const values = draft[VALUES];
  for (const { index, name } of definition.fields) {
    const value = values[index];
    if (!(value instanceof PlainDraft)) continue;
    const now = value.finish(`${definition.name}.${name}`);
    values[index] = now === value.base && draft[BASE] !== undefined ? UNSET : now;
  }
}

/** A field that nobody has changed, as the struct takes it, or as an upgrade has made it. */
function kept(base: State, name: string): unknown {
  const record = base[RECORD] as { readonly [name: PropertyKey]: unknown };
  const original = (record[ORIGINAL] as typeof record | undefined) ?? record;
  return original[name] ?? record[name];
}

/** The same for a reference or a plain value: adds the ids of what it refers to. */
function keptReferences(value: unknown, kind: string, ids: number[]): unknown {
  if (value === undefined) return undefined;
  if (kind === 'reference') {
    ids.push(value as number);
    return value;
  }
  const decoded = decodeField(value);
  if (decoded instanceof UnsharedPlain) ids.push(...decoded.ids);
  return value instanceof Value ? value : encodePlain(value, NO_REFERENCES);
}

/** A value that an upgrade has made has no objects in it. */
const NO_REFERENCES = {
  object(): never {
    throw new LeaseholdError('ERR_NOT_PERSISTENT', 'what upgrade() returns cannot have persistent objects in it');
  },
  idOf(): never {
    return NO_REFERENCES.object();
  },
};

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
