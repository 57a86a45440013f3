import { OwnMap } from '../../base/own-map.ts';
import { bareArray, freezeClass } from '../../base/primordials.ts';
import { emptyDraft } from '../class/fields.ts';
import { AddedNumberTable } from '../collections/number-row.ts';
import { notPersistent } from '../errors.ts';
import { definitionIn, draftOf, handleOf, rowsBehind, slots } from '../handle.ts';
import { BASE, type Definition, type Draft, type Handle, UNSET, VALUES, type View, type ViewTxn } from '../model.ts';
import type { ObjectBase } from '../object-base.ts';
import { PlainDraft } from '../record/plain-draft.ts';
import { RowDraftTable } from '../record/row-drafts.ts';
import type { HandleTable } from './pages.ts';
import { Presence } from './presence.ts';
import { RecordWriter } from './record-writer.ts';
import { homeOfUnstored, UNSTORED } from './view.ts';

/** What a handle was before a transaction changed it. For one that the transaction has stored, it is made when that is changed afterwards. */
interface Before {
  readonly handle: Handle;
  /** It must not change any more. */
  readonly draft: Draft | undefined;
  /** Whether the transaction has stored it. */
  readonly isCreated: boolean;
  /** Whether the record is to be written. */
  isDirty: boolean;
}

/** The objects that a transaction has changed or stored, and what they were before. */
export class Changeset {
  readonly #base: ObjectBase;
  readonly #view: View;
  readonly #writer: RecordWriter;
  #presence: Presence | undefined;
  readonly #before = new OwnMap<Handle, Before>();
  /** The objects that it has stored, in order, and the id of the first one. A later one has a greater id. */
  readonly #created: Handle[] = bareArray();
  #firstId = Number.POSITIVE_INFINITY;
  /** The drafts that they had then, which a rollback restores. */
  readonly #createdDrafts: Draft[] = bareArray();
  /** How many of them have a record. */
  #writtenCount = 0;
  /** Whose records are to be written, in order; each once. */
  #dirty: Before[] = bareArray();
  /** Whether it has written a record. */
  hasWritten = false;
  // Made when they are needed: each takes longer than all else that is made for an assignment.
  #rowDrafts: RowDraftTable | undefined;
  #addedNumbers: AddedNumberTable | undefined;

  constructor(base: ObjectBase, view: View) {
    this.#base = base;
    this.#view = view;
    this.#writer = new RecordWriter(base, view);
  }

  get presence(): Presence {
    this.#presence ??= new Presence(this.#base, this.#view);
    return this.#presence;
  }

  get rowDrafts(): RowDraftTable {
    this.#rowDrafts ??= new RowDraftTable();
    return this.#rowDrafts;
  }

  get addedNumbers(): AddedNumberTable {
    this.#addedNumbers ??= new AddedNumberTable();
    return this.#addedNumbers;
  }

  /** Whether it has changed or stored the object of a handle. */
  has(handle: Handle): boolean {
    return this.#isCreated(handle) || this.#before.has(handle);
  }

  /** Whether there are records that the next flush writes. */
  get hasUnwritten(): boolean {
    return this.#dirty.length > 0;
  }

  /** To be called before a handle is changed. */
  note(handle: Handle): void {
    const before = this.#before.get(handle) ?? this.#add(handle);
    if (before.draft !== undefined && draftOf(handle) === before.draft)
      slots.setCurrent(handle, copyOf(definitionIn(handle), before.draft));
    this.#setDirty(before);
  }

  #add(handle: Handle): Before {
    lookAtDrafts(handle, true);
    const before = { handle, draft: draftOf(handle), isCreated: this.#isCreated(handle), isDirty: false };
    this.#before.set(handle, before);
    return before;
  }

  #isCreated(handle: Handle): boolean {
    if (slots.id(handle) < this.#firstId) return false;
    const draft = draftOf(handle);
    return draft !== undefined && draft[BASE] === undefined;
  }

  #setDirty(before: Before): void {
    if (before.isDirty) return;
    before.isDirty = true;
    this.#dirty[this.#dirty.length] = before;
  }

  /** The id of an object: a new one, if it is not stored yet. It is written by the next `flush`. `handles`: those of the view. */
  idOf(object: object, handles: HandleTable): number {
    const handle = handleOf(object) as Handle;
    const { view, definition } = slots.home(handle);
    if (view === UNSTORED) {
      // What a program does with drafts that it had before would not be taken back.
      lookAtDrafts(handle, true);
      const draft = draftOf(handle) as Draft;
      const id = this.#view.newId();
      // No call until both are noted, since the stack could overflow in it.
      if (this.#created.length === 0) this.#firstId = id;
      this.#created[this.#created.length] = handle;
      this.#createdDrafts[this.#createdDrafts.length] = draft;
      slots.setId(handle, id);
      handles.take(handle);
    } else if (view.base !== this.#base) {
      throw notPersistent(definition.name, 'an object of another store: make a new one from its fields');
    } else if (view !== this.#view && view.hasUncommitted(handle)) {
      throw notPersistent(
        definition.name,
        'an object that another transaction has stored and not committed yet: refer to it after that',
      );
    }
    return slots.id(handle);
  }

  /**
   * Writes all that has changed, and with it what that refers to and is not stored yet. `ends`: whether the drafts of plain values end. Those that do not
   * are written again by the next flush. `ERR_NOT_PERSISTENT`, and what RecordWriter.write throws.
   */
  flush(txn: ViewTxn, ends: boolean): void {
    for (let i = this.#writtenCount; i < this.#created.length; i++) {
      rowsBehind(this.#created[i] as Handle)?.store(txn);
    }
    this.#rowDrafts?.settle(ends);
    this.#addedNumbers?.flush(txn);
    this.#writeCreated(txn, ends);
    const drafted: Before[] = bareArray();
    for (let i = 0; i < this.#dirty.length; i++) {
      const before = this.#dirty[i] as Before;
      if (!before.isDirty) continue;
      before.isDirty = false;
      const { handle } = before;
      const hasDrafts = lookAtDrafts(handle, ends);
      const draft = draftOf(handle);
      if (draft !== undefined && (before.isCreated || !isUnchanged(draft))) {
        this.#writer.write(handle, draft, false, txn);
        this.hasWritten = true;
      }
      if (hasDrafts && !ends) drafted[drafted.length] = before;
      // What it refers to, if that was not stored yet.
      this.#writeCreated(txn, ends);
    }
    this.#dirty = bareArray();
    for (let i = 0; i < drafted.length; i++) this.#setDirty(drafted[i] as Before);
    this.#addedNumbers?.flush(txn);
  }

  /** Writes the records of objects that have none yet, and of those to which they refer. The list may be long, so nothing here calls itself. */
  #writeCreated(txn: ViewTxn, ends: boolean): void {
    for (; this.#writtenCount < this.#created.length; this.#writtenCount++) {
      const handle = this.#created[this.#writtenCount] as Handle;
      // The stack has overflowed before it got an id.
      if (slots.id(handle) === 0) continue;
      const hasDrafts = lookAtDrafts(handle, ends);
      const before = this.#before.size === 0 ? undefined : this.#before.get(handle);
      if (before !== undefined && (ends || !hasDrafts)) before.isDirty = false;
      this.#writer.write(handle, draftOf(handle) as Draft, true, txn);
      this.hasWritten = true;
    }
  }

  /** Writes the record of a changed object anew, with other changes on another state. */
  rewrite(handle: Handle, draft: Draft, txn: ViewTxn): void {
    slots.setCurrent(handle, draft);
    this.#writer.write(handle, draft, false, txn);
  }

  /** Restores what the handles were. */
  rollBack(): void {
    // A draft that the program still has could otherwise be changed, with no effect.
    this.#rowDrafts?.dropAll('');
    this.#before.forEach(({ handle, draft, isCreated }) => {
      if (!isCreated) restoreDraft(handle, draft);
    });
    for (let i = 0; i < this.#created.length; i++) {
      const handle = this.#created[i] as Handle;
      if (slots.id(handle) !== 0) this.#view.forget(handle);
      rowsBehind(handle)?.rolledBack();
      restoreDraft(handle, this.#createdDrafts[i]);
      slots.setHome(handle, homeOfUnstored(definitionIn(handle)));
      slots.setId(handle, 0);
    }
  }

  /** Everything was committed: the records in the map have it all. Calls `take` with each object that it has stored. */
  committed(take?: (handle: Handle) => void): void {
    this.#before.forEach(({ handle }) => {
      slots.setCurrent(handle, undefined);
    });
    for (let i = 0; i < this.#created.length; i++) {
      const handle = this.#created[i] as Handle;
      slots.setCurrent(handle, undefined);
      take?.(handle);
    }
  }

  /** Calls `fn` with each object that it has stored. */
  forEachCreated(fn: (handle: Handle) => void): void {
    for (let i = 0; i < this.#created.length; i++) {
      const handle = this.#created[i] as Handle;
      if (slots.id(handle) !== 0) fn(handle);
    }
  }

  /** What an inner transaction has done belongs to this one now. Both have written all that they have changed. */
  takeOver(inner: Changeset): void {
    if (inner.hasWritten) this.hasWritten = true;
    inner.#before.forEach((before) => {
      if (!this.has(before.handle)) this.#before.set(before.handle, before);
    });
    if (this.#created.length === 0) this.#firstId = inner.#firstId;
    for (let i = 0; i < inner.#created.length; i++) {
      this.#created[this.#created.length] = inner.#created[i] as Handle;
      this.#createdDrafts[this.#createdDrafts.length] = inner.#createdDrafts[i] as Draft;
    }
    this.#writtenCount = this.#created.length;
  }
}

freezeClass(Changeset);

/** Without a draft the state is read again: what was read since may be what the transaction has written. */
function restoreDraft(handle: Handle, draft: Draft | undefined): void {
  const now = draftOf(handle);
  if (now !== draft) endDrafts(now);
  slots.setCurrent(handle, draft);
}

function copyOf(definition: Definition, draft: Draft): Draft {
  const copy = emptyDraft(definition, draft[BASE]);
  for (let i = 0; i < draft[VALUES].length; i++) copy[VALUES][i] = draft[VALUES][i];
  return copy;
}

function isUnchanged(draft: Draft): boolean {
  return draft[VALUES].every((value) => value === UNSET || (value instanceof PlainDraft && value.isUnchanged));
}

/** Looks at the drafts of plain values of a handle; if they end, what they are by now is the value of their fields. Returns whether there are any. */
function lookAtDrafts(handle: Handle, ends: boolean): boolean {
  const draft = draftOf(handle);
  if (draft === undefined) return false;
  const definition = definitionIn(handle);
  if (definition.plainFields.length === 0) return false;
  const values = draft[VALUES];
  let found = false;
  for (const { index, name } of definition.plainFields) {
    const value = values[index];
    if (!(value instanceof PlainDraft)) continue;
    found = true;
    const path = `${definition.name}.${name}`;
    if (!ends) value.look(path);
    else {
      value.finish(path);
      values[index] = value.isUnchanged ? UNSET : value.now;
    }
  }
  return found;
}

/** Ends drafts that nobody will store: changing them later must fail. */
function endDrafts(draft: Draft | undefined): void {
  if (draft === undefined) return;
  for (const value of draft[VALUES]) if (value instanceof PlainDraft) value.end();
}
