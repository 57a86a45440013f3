import { OwnMap } from '../../base/own-map.ts';
import { bareArray, freezeClass } from '../../base/primordials.ts';
import type { ChangingTxn } from '../../transaction/transaction.ts';
import type { Base } from '../base.ts';
import { emptyDraft } from '../class/fields.ts';
import { AddedNumberTable } from '../collections/number-row.ts';
import { notPersistent } from '../errors.ts';
import { definitionIn, draftOf, type Home, handleOf, rowsBehind, slots, viewOf } from '../handle.ts';
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
  readonly home: Home;
  readonly id: number;
  /** Whether the record is to be written. */
  isDirty: boolean;
  /** Whether there is a record of it. */
  isStored: boolean;
}

/** The objects that a transaction has changed or stored, and what they were before. */
export class Changeset {
  readonly #base: Base;
  readonly #view: View;
  readonly #writer: RecordWriter;
  readonly presence: Presence;
  readonly #before = new OwnMap<Handle, Before>();
  /** Whose records are to be written, in order; each once. */
  #dirty: Before[] = bareArray();
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

  /** Whether it has changed or stored the object of a handle. */
  has(handle: Handle): boolean {
    return this.#before.has(handle);
  }

  /** To be called before a handle is changed. */
  note(handle: Handle): void {
    const before = this.#before.get(handle) ?? this.#add(handle);
    // The draft that a rollback restores stays as it is.
    if (before.draft !== undefined && draftOf(handle) === before.draft)
      slots.setCurrent(handle, copyOf(definitionIn(handle), before.draft));
    this.#setDirty(before);
  }

  #add(handle: Handle): Before {
    // The draft that a rollback restores must not change any more.
    lookAtDrafts(handle, true);
    const id = slots.id(handle);
    const before = {
      handle,
      draft: draftOf(handle),
      home: slots.home(handle),
      id,
      isDirty: false,
      isStored: id !== 0,
    };
    this.#before.set(handle, before);
    return before;
  }

  #setDirty(before: Before): void {
    if (before.isDirty) return;
    before.isDirty = true;
    this.#dirty[this.#dirty.length] = before;
  }

  /** The id of an object: a new one, if it is not stored yet. It is written by the next `flush`. */
  idOf(object: object, adopt: (handle: Handle) => void): number {
    const handle = handleOf(object) as Handle;
    const { view, definition } = slots.home(handle);
    if (view === UNSTORED) {
      // What a program does with drafts that it had before would not be taken back.
      lookAtDrafts(handle, true);
      this.#setDirty(this.#before.get(handle) ?? this.#add(handle));
      slots.setId(handle, this.#base.newId());
      adopt(handle);
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
  flush(txn: ChangingTxn, ends: boolean): void {
    for (let i = 0; i < this.#dirty.length; i++) {
      const { handle, id } = this.#dirty[i] as Before;
      if (id === 0) rowsBehind(handle)?.store(txn);
    }
    this.rowDrafts.settle(ends);
    this.addedNumbers.flush(txn);
    const drafted: Before[] = bareArray();
    // What is added meanwhile comes, too: the list may be long, so nothing here calls itself.
    for (let i = 0; i < this.#dirty.length; i++) {
      const before = this.#dirty[i] as Before;
      before.isDirty = false;
      const { handle } = before;
      const hasDrafts = lookAtDrafts(handle, ends);
      const draft = draftOf(handle);
      if (draft !== undefined && (before.id === 0 || !isUnchanged(draft))) {
        this.#writer.write(handle, draft, !before.isStored, txn);
        this.hasWritten = true;
      }
      before.isStored = true;
      if (hasDrafts && !ends) drafted[drafted.length] = before;
    }
    this.#dirty = bareArray();
    for (let i = 0; i < drafted.length; i++) this.#setDirty(drafted[i] as Before);
    this.addedNumbers.flush(txn);
  }

  /** Writes the record of a changed object anew, with other changes on another state. */
  rewrite(handle: Handle, draft: Draft, txn: ChangingTxn): void {
    slots.setCurrent(handle, draft);
    this.#writer.write(handle, draft, false, txn);
  }

  /** Restores what the handles were. */
  rollBack(): void {
    // A draft that the program still has could otherwise be changed, with no effect.
    this.rowDrafts.dropAll('');
    this.#before.forEach(({ handle, draft, home, id }) => {
      if (viewOf(handle) !== home.view) {
        this.#view.forget(handle);
        rowsBehind(handle)?.rolledBack();
      }
      const now = draftOf(handle);
      if (now !== draft) endDrafts(now);
      // Without a draft the state is read again: what was read since may be what this transaction has written.
      slots.setCurrent(handle, draft);
      slots.setHome(handle, home);
      slots.setId(handle, id);
    });
  }

  /** Everything was committed: the records in the map have it all. Calls `take` with each object that it has stored. */
  committed(take?: (handle: Handle) => void): void {
    this.#before.forEach(({ handle, id }) => {
      slots.setCurrent(handle, undefined);
      if (id === 0) take?.(handle);
    });
  }

  /** Calls `fn` with each object that it has stored. */
  forEachCreated(fn: (handle: Handle) => void): void {
    this.#before.forEach(({ handle, id }) => {
      if (id === 0 && slots.id(handle) !== 0) fn(handle);
    });
  }

  /** What an inner transaction has done belongs to this one now. */
  takeOver(inner: Changeset): void {
    if (inner.hasWritten) this.hasWritten = true;
    inner.#before.forEach((before) => {
      if (!this.#before.has(before.handle)) this.#before.set(before.handle, before);
    });
  }
}

freezeClass(Changeset);

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
