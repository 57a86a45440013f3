import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { ITEM_COUNT, ITEM_END, ITEM_ENTRY, ItemKey } from '../../key/item-key.ts';
import { ID_BYTES, idBytes } from '../../key/object-id.ts';
import { utf8 } from '../../value/utf8.ts';
import type { StateKey } from '../../versions/engine/engine.ts';
import { ROOT } from '../base.ts';
import type { CheckedHints } from '../hints.ts';
import { STORED, type State } from '../model.ts';
import { UnsharedPlain } from '../record/plain.ts';
import { isCollection } from './collection-classes.ts';
import { fetchRange, fetchStates } from './fetch.ts';
import { followWanted, type Wanted } from './follow.ts';
import type { WireReading } from './reading.ts';
import type { WireBase } from './wire-base.ts';
import { decodeItem, keyBytes } from './wire-rows.ts';

/**
 * Fetches objects and what hints say: with one question where the engine can follow them, and what that leaves out breadth first, all that is needed of one level at once. Objects that are
 * absent are left out. See Hints.
 */
export async function loadWanted(base: WireBase, reading: WireReading, wanted: readonly Wanted[]): Promise<void> {
  let mayFollow = base.engine.follow !== undefined;
  for (let level = wanted; level.length > 0; ) {
    let missing = missingOf(reading, level);
    if (mayFollow && (missing.length > 0 || lacksEntries(reading, level))) {
      mayFollow = false;
      await followWanted(base, reading, level);
      missing = missingOf(reading, level);
    }
    if (missing.length > 0) await fetchStates(base, reading, missing);
    const next: Wanted[] = [];
    const collections: Wanted[] = [];
    if (!followObjects(base, reading, level, next, collections)) {
      await base.classes.refresh();
      followObjects(base, reading, level, next, collections);
    }
    await Promise.all(collections.map((each) => followRows(base, reading, each, next)));
    level = next;
  }
}

/** The keys of the objects that are not here. */
function missingOf(reading: WireReading, wanted: readonly Wanted[]): StateKey[] {
  const missing: StateKey[] = [];
  for (const { id } of wanted) {
    if (reading.lookUpObject(id) === undefined) missing.push({ collection: OBJECTS, key: idBytes(id) });
  }
  return missing;
}

/**
 * Adds what the fields of objects lead to, and those that are collections. Gives false, with nothing added, if one of them is of a class that was added since the
 * classes were read.
 */
function followObjects(
  base: WireBase,
  reading: WireReading,
  wanted: readonly Wanted[],
  next: Wanted[],
  collections: Wanted[],
): boolean {
  const { objects } = base;
  const known = wanted.map(({ id }) => reading.lookUpObject(id));
  if (known.some((each) => each !== undefined && objects.isOfUnknownClass(each))) return false;
  for (let i = 0; i < wanted.length; i++) {
    const each = wanted[i] as Wanted;
    const here = known[i];
    const state = here === undefined ? undefined : objects.decode(here, reading);
    if (state === undefined) continue;
    followFields(state, each.hints, next);
    if (isCollection(state[STORED].definition)) collections.push(each);
  }
  return true;
}

/** Whether entries of the root that are needed are not here. */
function lacksEntries(reading: WireReading, wanted: readonly Wanted[]): boolean {
  return wanted.some(
    ({ id, hints: { fields } }) =>
      id === ROOT && fields.some(({ name }) => reading.lookUp(ITEMS, entryKey(id, name)) === undefined),
  );
}

function followFields(state: State, { fields }: CheckedHints, next: Wanted[]): void {
  const { byName } = state[STORED].definition;
  for (const { name, hints } of fields) {
    const kind = byName.get(name)?.kind;
    if (kind === 'reference' && state[name] !== undefined) next.push({ id: state[name] as number, hints });
    if (kind === 'plain') followPlain(state[name], hints, next);
  }
}

/** Adds the objects in a plain value. */
function followPlain(value: unknown, hints: CheckedHints, next: Wanted[]): void {
  if (value instanceof UnsharedPlain) for (const id of value.ids) next.push({ id, hints });
}

/** Fetches the rows of a collection. Those of a root are asked for by their names, others all. */
async function followRows(base: WireBase, reading: WireReading, { id, hints }: Wanted, next: Wanted[]): Promise<void> {
  if (id !== ROOT) {
    const lower = keyBytes(new ItemKey(id, ITEM_COUNT));
    const upper = keyBytes(new ItemKey(id, ITEM_END));
    for (const row of await allRows(base, reading, lower, upper)) {
      if (row.key[ID_BYTES] === ITEM_ENTRY) followPlain(decodeItem(row), hints, next);
    }
    return;
  }
  const names = hints.fields.map(({ name, hints: inner }) => ({ key: entryKey(id, name), inner }));
  // A promise that is fulfilled with the root asks for its property `then`.
  const keys = [...names.map(({ key }) => key), entryKey(id, 'then')];
  const absent = keys.filter((key) => !reading.lookUp(ITEMS, key)).map((key) => ({ collection: ITEMS, key }));
  if (absent.length > 0) await fetchStates(base, reading, absent);
  for (const { key, inner } of names) {
    const row = reading.lookUp(ITEMS, key);
    if (row !== undefined) followPlain(decodeItem(row), inner, next);
  }
}

function entryKey(owner: number, name: string): Uint8Array {
  return keyBytes(new ItemKey(owner, ITEM_ENTRY, utf8 as never, name));
}

async function allRows(
  base: WireBase,
  reading: WireReading,
  lower: Uint8Array,
  upper: Uint8Array,
): Promise<ReturnType<WireReading['rows']>> {
  const range = { collection: ITEMS, lower, upper };
  const [rows, rest] = reading.lookUpRows(range, false, Number.POSITIVE_INFINITY);
  if (rest === undefined) return rows;
  await fetchRange(base, reading, { ...range, reverse: false, most: Number.POSITIVE_INFINITY });
  return reading.lookUpRows(range, false, Number.POSITIVE_INFINITY)[0];
}
