import { Ref, textOf } from '../model/values.ts';

/** What the model has in the place of an object: plain values, with Refs to other objects. Shared by all versions that have it; never changed then. */
export interface Shadow {
  readonly kind: Kind;
  /** Of an Item, a Tally, a Moved; of a Counter its `value`. */
  fields: { [name: string]: unknown };
  /** Of the root, a map, a set: by the text of the key, in order of being added. */
  entries: Map<string, unknown>;
  /** Of a list. */
  elements: unknown[];
}

export type Kind = 'root' | 'item' | 'tally' | 'moved' | 'map' | 'set' | 'list' | 'counter';

export const ROOT = 0;

/** The keys that programs use, in their order. */
export const KEYS: readonly unknown[] = ['a', 'b', 'bb', [1, 'x'], 1, 20];
export const NAMES: readonly string[] = ['a', 'b', 'c', 'constructor', 'd', 'then'];

const noObject = (): undefined => undefined;
export const keyText = (key: unknown): string => textOf(key, noObject);

export function newShadow(kind: Kind, fields: { [name: string]: unknown } = {}): Shadow {
  return { kind, fields, entries: new Map(), elements: [] };
}

/** One version of a store: each object by its number. */
export type State = ReadonlyMap<number, Shadow>;

/** A version in which a transaction changes something. */
export class Doc {
  readonly #objects: Map<number, Shadow>;
  readonly #own = new Set<number>();
  /** What was changed, though it may be the same again: names of fields are 'fields', keys are their texts. */
  readonly touched: Map<number, Set<string>> = new Map();

  constructor(below: State) {
    this.#objects = new Map(below);
  }

  get state(): State {
    return this.#objects;
  }

  get(serial: number): Shadow {
    const found = this.#objects.get(serial);
    if (found === undefined) throw new Error(`the model has no object #${serial}`);
    return found;
  }

  has(serial: number): boolean {
    return this.#objects.has(serial);
  }

  add(serial: number, shadow: Shadow): void {
    this.#objects.set(serial, shadow);
    this.#own.add(serial);
  }

  remove(serial: number): void {
    this.#objects.delete(serial);
  }

  /** A shadow that can be changed. */
  edit(serial: number, what: string): Shadow {
    const touched = this.touched.get(serial) ?? new Set();
    this.touched.set(serial, touched.add(what));
    const found = this.get(serial);
    if (this.#own.has(serial)) return found;
    const copy: Shadow = {
      ...found,
      fields: { ...found.fields },
      entries: new Map(found.entries),
      elements: [...found.elements],
    };
    this.#objects.set(serial, copy);
    this.#own.add(serial);
    return copy;
  }

  /** What was changed in another one, which began with this one, is changed here. */
  takeOver(inner: Doc): void {
    for (const [serial, touched] of inner.touched) {
      const own = this.touched.get(serial) ?? new Set();
      this.touched.set(serial, own);
      for (const what of touched) own.add(what);
    }
    for (const [serial, shadow] of inner.#objects) {
      if (this.#objects.get(serial) === shadow) continue;
      this.#objects.set(serial, shadow);
      this.#own.add(serial);
    }
  }

  /** The entries of a collection in the order of their keys. */
  sorted(serial: number): [key: unknown, value: unknown][] {
    return sortedEntries(this.get(serial));
  }
}

export function sortedEntries({ kind, entries }: Shadow): [key: unknown, value: unknown][] {
  const keys: readonly unknown[] = kind === 'root' ? NAMES : KEYS;
  return keys.filter((key) => entries.has(keyText(key))).map((key) => [key, entries.get(keyText(key))]);
}

/** The objects that the root reaches. */
export function reachable(state: State): Set<number> {
  const found = new Set([ROOT]);
  for (const serial of found) {
    const shadow = state.get(serial);
    if (shadow === undefined) continue;
    const { fields, entries, elements } = shadow;
    forEachRef([fields, [...entries.values()], elements], (to) => found.add(to));
  }
  return found;
}

export function forEachRef(value: unknown, take: (serial: number) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Ref) take(value.serial);
  else for (const each of Object.values(value)) forEachRef(each, take);
}
