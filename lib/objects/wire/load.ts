import { ITEMS, OBJECTS } from '../../catalog/own-collections.ts';
import { ITEM_COUNT, ITEM_END, ITEM_ENTRY, ItemKey } from '../../key/item-key.ts';
import { ID_BYTES } from '../../key/object-id.ts';
import { utf8 } from '../../value/utf8.ts';
import { ROOT } from '../base.ts';
import { dictionaryDefinition } from '../collections/dictionary.ts';
import type { CheckedHints } from '../hints.ts';
import { STORED, type State } from '../model.ts';
import { UnsharedPlain } from '../record/plain.ts';
import { isCollection } from './collection-classes.ts';
import { fetchRange, fetchStates } from './fetch.ts';
import { followWanted, type Wanted } from './follow.ts';
import type { WireReading } from './reading.ts';
import type { WireBase } from './wire-base.ts';
import { decodeItem, idBytes, keyBytes } from './wire-rows.ts';

/**
 * Fetches objects and what hints say: with one question where the engine can follow them, and what that leaves out breadth first, all that is needed of one level at once. Objects that are
 * absent are left out. See Hints.
 */
export async function loadWanted(base: WireBase, reading: WireReading, wanted: readonly Wanted[]): Promise<void> {
  let mayFollow = base.engine.follow !== undefined;
  for (let level = wanted; level.length > 0; ) {
    if (mayFollow && (missing(reading, level).length > 0 || lacksEntries(reading, level))) {
      mayFollow = false;
      await followWanted(base, reading, level);
    }
    await fetchObjects(base, reading, level);
    const next: Wanted[] = [];
    const waits: Promise<void>[] = [];
    for (const each of level) {
      const state = stateOf(base, reading, each.id);
      if (state === undefined) continue;
      followFields(state, each.hints, next);
      if (isCollection(state[STORED].definition)) waits.push(followRows(base, reading, each, state, next));
    }
    await Promise.all(waits);
    level = next;
  }
}

/** The keys of the objects that are not here. */
function missing(reading: WireReading, wanted: readonly Wanted[]): { collection: string; key: Uint8Array }[] {
  return wanted
    .map(({ id }) => ({ collection: OBJECTS, key: idBytes(id) }))
    .filter(({ collection, key }) => reading.lookUp(collection, key) === undefined);
}

/** Whether entries of the root that are needed are not here. */
function lacksEntries(reading: WireReading, wanted: readonly Wanted[]): boolean {
  return wanted.some(
    ({ id, hints: { fields } }) =>
      id === ROOT && fields.some(({ name }) => reading.lookUp(ITEMS, entryKey(id, name)) === undefined),
  );
}

/** Fetches the states of objects that are not here, and the classes that are needed to read them. */
async function fetchObjects(base: WireBase, reading: WireReading, wanted: readonly Wanted[]): Promise<void> {
  const keys = missing(reading, wanted);
  if (keys.length > 0) await fetchStates(base, reading, keys);
  if (wanted.some(({ id }) => isUnknown(base, reading, id))) await base.classes.refresh();
}

/** Whether the class of an object is not known. */
function isUnknown(base: WireBase, reading: WireReading, id: number): boolean {
  const known = reading.lookUp(OBJECTS, idBytes(id));
  return known !== undefined && base.objects.isOfUnknownClass(known);
}

function stateOf(base: WireBase, reading: WireReading, id: number): State | undefined {
  const known = reading.lookUp(OBJECTS, idBytes(id));
  return known === undefined ? undefined : base.objects.decode(known, reading);
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
async function followRows(
  base: WireBase,
  reading: WireReading,
  { id, hints }: Wanted,
  state: State,
  next: Wanted[],
): Promise<void> {
  if (state[STORED].definition !== dictionaryDefinition) {
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
