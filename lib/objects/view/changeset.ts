import type { ChangingTxn } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { emptyDraft } from '../class/fields.ts';
import { AddedNumberTable } from '../collections/number-row.ts';
import { notPersistent } from '../errors.ts';
import { handleOf } from '../handle.ts';
import { BASE, type Definition, type Draft, type Handle, UNSET, VALUES, type View } from '../model.ts';
import { PlainDraft } from '../record/plain-draft.ts';
import { RowDraftTable } from '../record/row-drafts.ts';
import { Presence } from './presence.ts';
import { RecordWriter } from './record-writer.ts';
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

/** The objects that a transaction has changed or stored, and what they were before. */
export class Changeset {
  readonly #base: Base;
  readonly #view: View;
  readonly #writer: RecordWriter;
  readonly presence: Presence;
  readonly #before = new Map<Handle, Before>();
  /** Whose records are to be written, in order; each once. */
  #dirty: Before[] = [];
  /** Whether it has written a record. */
  hasWritten = false;
  readonly rowDrafts: RowDraftTable = new RowDraftTable();
  readonly addedNumbers: AddedNumberTable = new AddedNumberTable();

  constructor(base: Base, view: View) {
    this.#base = base;
    this.#view = view;
    this.#writer = new RecordWriter(base, view);
    this.presence = new Presence(base, view);
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
    // The draft that a rollback restores must not change any more.
    settleDrafts(handle);
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

  /**
   * Ends the drafts of plain values, so that what they are by now is the value of their fields, and writes what was added to numbers: another transaction
   * can begin inside this one. `ERR_NOT_PERSISTENT`.
   */
  settle(txn: ChangingTxn): void {
    for (const { handle, id } of this.#dirty) {
      settleDrafts(handle);
      if (id === 0) handle.rows?.store(txn);
    }
    this.rowDrafts.settle();
    this.addedNumbers.flush(txn);
  }

  /** Writes the records of all that has changed. What they refer to and is not stored yet is stored too. */
  flush(txn: ChangingTxn): void {
    this.settle(txn);
    // What is added meanwhile comes, too: the list may be long, so nothing here calls itself.
    for (let i = 0; i < this.#dirty.length; i++) {
      const before = this.#dirty[i] as Before;
      before.isDirty = false;
      const { handle } = before;
      settleDrafts(handle);
      const { draft } = handle;
      if (draft !== undefined && (before.id === 0 || !isUnchanged(draft))) {
        this.#writer.write(handle, draft, before.id === 0, txn);
        this.hasWritten = true;
      }
    }
    this.#dirty = [];
    this.addedNumbers.flush(txn);
  }

  /** Restores what the handles were. */
  rollBack(): void {
    // A draft that the program still has could otherwise be changed, with no effect.
    this.rowDrafts.dropAll('');
    for (const { handle, draft, view, id } of this.#before.values()) {
      if (handle.view !== view) {
        this.#view.forget(handle);
        handle.rows?.rolledBack();
      }
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
    if (inner.hasWritten) this.hasWritten = true;
    for (const before of inner.#before.values()) {
      if (!this.#before.has(before.handle)) this.#before.set(before.handle, { ...before, isDirty: false });
    }
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
  for (const { index, name } of definition.plainFields) {
    const value = values[index];
    if (!(value instanceof PlainDraft)) continue;
    const now = value.finish(`${definition.name}.${name}`);
    values[index] = now === value.base && !value.isAssigned ? UNSET : now;
  }
}
