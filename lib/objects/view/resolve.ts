import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { OBJECTS } from '../../catalog/own-collections.ts';
import { openCollectionOf } from '../../environment/collection.ts';
import type { OpenCollection } from '../../read/open-collection.ts';
import type { OpenTransact } from '../../transaction/open-transact.ts';
import { isThenable } from '../../transaction/thenable.ts';
import type { OptimisticTransaction, ReadTransaction } from '../../transaction/transaction.ts';
import type { Conflict } from '../../versions/conflict.ts';
import { expectVersion } from '../../versions/savepoint.ts';
import type { Base } from '../base.ts';
import { emptyDraft, takeField } from '../class/fields.ts';
import { definitionIn, draftOf, handleOf, slots } from '../handle.ts';
import {
  BASE,
  type Definition,
  type Draft,
  type Handle,
  type References,
  STORED,
  type State,
  TID,
  VALUES,
} from '../model.ts';
import { forEachReference, UnsharedPlain } from '../record/plain.ts';
import type { Changeset } from './changeset.ts';
import type { StoreView } from './view.ts';

/*
 * What happens when a commit of `store.transact` meets conflicts. If all of them are objects that the transaction has changed and whose classes have
 * `resolve`, their merged states take the place of what the transaction has written, and the commit expects the versions on which they were
 * based. All else that the transaction has read is checked by that commit as before, so nothing of it needs to be read again.
 */

type Fields = { readonly [name: string]: unknown };

/** Returns whether all conflicts are resolved; if not, nothing was changed. Throws what `resolve` throws. */
export function resolveConflicts(
  view: StoreView,
  changes: Changeset,
  transaction: OpenTransact,
  conflicts: readonly Conflict[],
): boolean {
  const base = view.base as Base;
  const txn = view.transaction() as OptimisticTransaction;
  const newest = base.environment.read();
  try {
    const drafts: [Handle, Draft][] = [];
    for (const { collection, key } of conflicts) {
      const handle = collection === OBJECTS && typeof key === 'number' ? view.known(key) : undefined;
      if (handle === undefined || !changes.has(handle)) return false;
      const draft = merged(handle, view, newest);
      if (draft === undefined || !refersToWhatIsThere(draft, definitionIn(handle), base, changes, txn)) return false;
      drafts.push([handle, draft]);
    }
    for (const [handle, draft] of drafts) {
      changes.rewrite(handle, draft, txn);
      const version = (draft[BASE] as State)[TID];
      expectVersion(transaction, openCollectionOf(base.objects) as OpenCollection, slots.id(handle), version);
    }
    changes.flush(txn, true);
    return true;
  } finally {
    newest.end();
  }
}

/** The draft to store, on the newest state of an object; undefined if that is a conflict. */
function merged(handle: Handle, view: StoreView, newest: ReadTransaction): Draft | undefined {
  const definition = definitionIn(handle);
  const draft = draftOf(handle);
  const { resolve } = definition.options;
  const found = draft?.[BASE];
  if (resolve === undefined || draft === undefined || found === undefined) return undefined;
  const { objects } = view.base as Base;
  const committed = objects.get(slots.id(handle), newest);
  if (committed?.[STORED].definition !== definition) return undefined;
  const references: References = {
    object(target) {
      const known = view.known(target);
      if (known !== undefined) return known;
      const state = objects.get(target, newest);
      return state === undefined ? (undefined as never) : view.made(target, state);
    },
    idOf: (object) => view.idOf(object),
  };
  const theirs = fieldsIn(definition, committed, references);
  const given: unknown = resolve(
    fieldsIn(definition, found, references),
    theirs,
    fieldsIn(definition, draft, references),
  );
  if (given === undefined) return undefined;
  return changedDraft(definition, committed, theirs, checkFields(given, definition));
}

function checkFields(given: unknown, { name }: Definition): Fields {
  if (isThenable(given)) {
    given.then(undefined, () => {});
    throw new LeaseholdError(
      'ERR_ASYNC_CALLBACK',
      `resolve() of '${name}' must not be async: the commit does not wait for it`,
    );
  }
  if (typeof given !== 'object' || given === null) {
    throw invalidType(`what resolve() of '${name}' returns`, 'an object with the fields, or undefined', given);
  }
  return given as Fields;
}

/** The fields of a state or a draft, as programs read them. */
function fieldsIn(definition: Definition, source: State | Draft, references: References): Fields {
  const fields: Record<string, unknown> = Object.create(null);
  for (const { name, kind } of definition.fields) {
    const value = source[name];
    if (value === undefined) continue;
    if (kind === 'reference' && typeof value === 'number') fields[name] = references.object(value);
    else fields[name] = value instanceof UnsharedPlain ? value.read(references) : value;
  }
  return Object.freeze(fields);
}

/** A draft of what differs from what is stored. */
function changedDraft(definition: Definition, committed: State, theirs: Fields, given: Fields): Draft {
  const draft = emptyDraft(definition, committed);
  for (const name of Object.keys(given)) {
    const field = definition.byName.get(name);
    if (field === undefined)
      throw invalidValue(`resolve() of '${definition.name}' returns a field '${name}', which the class has not`);
    if (!Object.is(given[name], theirs[name])) {
      draft[VALUES][field.index] = takeField(definition, field.index, given[name]);
    }
  }
  return draft;
}

/**
 * Whether the objects to which a draft refers will be there after the commit. Those to which the newest state refers, too, will be: the commit expects that
 * state. The others are read in the transaction, so that its commit checks them.
 */
function refersToWhatIsThere(
  draft: Draft,
  definition: Definition,
  base: Base,
  changes: Changeset,
  txn: OptimisticTransaction,
): boolean {
  const known = idsIn(draft[BASE] as State, definition);
  let isThere = true;
  for (const value of draft[VALUES]) {
    forEachReference(value, (object) => {
      const handle = handleOf(object) as Handle;
      const id = slots.id(handle);
      if (id === 0 || known.includes(id) || changes.has(handle)) return;
      isThere &&= base.objects.has(id, txn);
    });
  }
  return isThere;
}

/** The ids of the objects to which a state refers. */
function idsIn(state: State, { fields }: Definition): number[] {
  return fields.flatMap(({ name, kind }) => {
    const value = state[name];
    if (value instanceof UnsharedPlain) return value.ids;
    return kind === 'reference' && typeof value === 'number' ? [value] : [];
  });
}
