import { invalidType, LeaseholdError } from '../../base/errors.ts';
import type { ChangingTxn } from '../../transaction/transaction.ts';
import { Value } from '../../value/value.ts';
import type { Base } from '../base.ts';
import { ORIGINAL } from '../class/evolution.ts';
import { emptyDraft } from '../class/fields.ts';
import { notPersistent } from '../errors.ts';
import { handleOf } from '../handle.ts';
import {
  BASE,
  type Definition,
  type Draft,
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
  readonly draft: Draft | undefined;
  readonly view: View;
  readonly id: number;
}

interface RowDraft {
  readonly value: PlainDraft;
  readonly write: (value: unknown) => void;
}

/** The objects that a transaction has changed or stored, and what they were before. */
export class Changeset {
  readonly #base: Base;
  readonly #view: View;
  /** Whose records are to be written. */
  readonly #dirty = new Set<Handle>();
  readonly #before = new Map<Handle, Before>();
  /** The ids of what it has stored. */
  readonly #created = new Set<number>();
  /** The drafts of plain values in rows, by row. */
  readonly #rows = new Map<string, RowDraft>();

  constructor(base: Base, view: View) {
    this.#base = base;
    this.#view = view;
  }

  get isEmpty(): boolean {
    return this.#before.size === 0;
  }

  /** Whether it has stored the object with that id. */
  hasCreated(id: number): boolean {
    return this.#created.has(id);
  }

  /** To be called before a handle is changed. */
  note(handle: Handle): void {
    if (!this.#before.has(handle)) {
      const { draft, view, id } = handle;
      this.#before.set(handle, { draft: draft === undefined ? undefined : copyOf(handle.definition, draft), view, id });
    }
    this.#dirty.add(handle);
  }

  /** The id of an object: a new one, if it is not stored yet. It is written by the next `flush`. */
  idOf(object: object, adopt: (handle: Handle) => void): number {
    const handle = handleOf(object) as Handle;
    if (handle.view === UNSTORED) {
      this.note(handle);
      handle.id = this.#base.newId();
      handle.view = this.#view;
      this.#created.add(handle.id);
      adopt(handle);
    } else if (handle.view.base !== this.#base) {
      throw notPersistent(handle.definition.name, 'an object of another store: make a new one from its fields');
    } else if (handle.view !== this.#view && handle.view.hasUncommitted(handle.id)) {
      throw notPersistent(
        handle.definition.name,
        'an object that another transaction has stored and not committed yet: refer to it after that',
      );
    }
    return handle.id;
  }

  /** Ends the drafts of plain values, so that what they are by now is the value of their fields. `ERR_NOT_PERSISTENT`. */
  settle(): void {
    for (const handle of this.#dirty) settleDrafts(handle);
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
    // A handle that is added meanwhile comes, too: the list may be long, so nothing here calls itself.
    for (const handle of this.#dirty) {
      settleDrafts(handle);
      if (handle.draft === undefined || (!this.#created.has(handle.id) && isUnchanged(handle.draft))) continue;
      this.#write(handle, handle.draft, txn);
    }
    this.#dirty.clear();
  }

  #write(handle: Handle, draft: Draft, txn: ChangingTxn): void {
    const { definition } = handle;
    const base = draft[BASE];
    const stored = this.#classFor(definition, base);
    const fields: Record<string, unknown> = Object.create(null);
    const ids: number[] = [];
    for (const { name, kind } of stored.fields) {
      const field = definition.byName.get(name);
      const value = field === undefined ? UNSET : draft[VALUES][field.index];
      if (value === UNSET) {
        fields[name] = base === undefined ? undefined : kept(base, name, kind, ids);
      } else {
        fields[name] = kind === 'plain' || kind === 'reference' ? this.#encoded(kind, value, ids) : value;
      }
      if (fields[name] === undefined && field !== undefined && !field.isOptional) {
        throw invalidType(`${definition.name}.${name}`, 'set before the object is stored', undefined);
      }
    }
    const isCreated = this.#created.has(handle.id);
    for (const id of ids) this.#checkThere(id, isCreated ? undefined : base, txn);
    ids.sort((a, b) => a - b);
    const references = ids.filter((id, i) => i === 0 || id !== ids[i - 1]);
    this.#base.objects.put(handle.id, { stored, fields, references }, txn);
    if (isCreated) definition.onStore?.(handle.object, txn);
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

  #encoded(kind: string, value: unknown, ids: number[]): unknown {
    if (value === undefined) return undefined;
    if (kind === 'reference') {
      const id = typeof value === 'number' ? value : this.#view.idOf(value as object);
      ids.push(id);
      return id;
    }
    forEachReference(value, (object) => ids.push(this.#view.idOf(object)));
    return encodePlain(value, this.#view);
  }

  /** Throws `ERR_NO_OBJECT` if a reference is to nothing: collect() may have deleted what a program has held. */
  #checkThere(id: number, base: State | undefined, txn: ChangingTxn): void {
    if (base !== undefined && id === 1) return;
    if (this.#created.has(id) || this.#base.objects.has(id, txn)) return;
    throw new LeaseholdError(
      'ERR_NO_OBJECT',
      `there is no object ${id} any more: collect() has deleted it, since nothing that is stored referred to it`,
    );
  }

  /** Restores what the handles were. */
  rollBack(): void {
    for (const [handle, { draft, view, id }] of this.#before) {
      if (handle.view !== view) this.#view.forget(handle);
      handle.draft = draft;
      handle.view = view;
      handle.id = id;
    }
  }

  /** Everything was committed: the records in the map have it all. Calls `take` with each object that it has stored. */
  committed(take?: (handle: Handle) => void): void {
    for (const handle of this.#before.keys()) {
      handle.draft = undefined;
      handle.state = undefined;
      if (this.#created.has(handle.id)) take?.(handle);
    }
  }

  /** What an inner transaction has done belongs to this one now. */
  takeOver(inner: Changeset): void {
    for (const [handle, before] of inner.#before) if (!this.#before.has(handle)) this.#before.set(handle, before);
    for (const handle of inner.#dirty) this.#dirty.add(handle);
    for (const id of inner.#created) this.#created.add(id);
  }
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

/** A field that nobody has changed, as the struct takes it. Adds the ids of its references. */
function kept(base: State, name: string, kind: string, ids: number[]): unknown {
  const record = base[RECORD] as { readonly [name: PropertyKey]: unknown };
  const original = (record[ORIGINAL] as typeof record | undefined) ?? record;
  const value = original[name] ?? record[name];
  if (value === undefined) return undefined;
  if (kind === 'reference') ids.push(value as number);
  if (kind !== 'plain') return value;
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
