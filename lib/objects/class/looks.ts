import { inspect } from 'node:util';
import { invalidType } from '../../base/errors.ts';
import { inspectAs, tagAs, wholly } from '../../base/inspect.ts';
import type { InspectOptions } from '../../base/platform.ts';
import { weakMapGet, weakMapSet, weakSetAdd, weakSetHas } from '../../base/primordials.ts';
import { isNotHere } from '../errors.ts';
import { definitionIn, draftOf, handleOf, slots } from '../handle.ts';
import type { Handle } from '../model.ts';
import { copyIn } from '../record/plain.ts';

/**
 * The fields of an object by name, those that are undefined left out: references as the objects themselves, plain values frozen. Inside of a write, too,
 * where the fields give drafts: those are Proxies, which end with the write.
 */
export function fieldsOf(
  object: object,
  read: (object: object, name: string) => unknown = field,
): Record<string, unknown> {
  const handle = handleOf(object);
  if (handle === undefined) throw invalidType('this', 'a persistent object', object);
  const fields: Record<string, unknown> = {};
  const { definition, view } = slots.home(handle);
  for (const { name, kind } of definition.fields) {
    const given = read(object, name);
    if (given === undefined) continue;
    const isDraft = kind === 'plain' && view.isWriting && given !== NOT_LOADED;
    const value = isDraft ? copyIn(given, `${definition.name}.${name}`) : given;
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return fields;
}

function field(object: object, name: string): unknown {
  return (object as Record<string, unknown>)[name];
}

/** The same. What an object on a server refers to need not be here. */
function fieldIfHere(object: object, name: string): unknown {
  try {
    return field(object, name);
  } catch (error) {
    if (isNotHere(error)) return NOT_LOADED;
    throw error;
  }
}

/** An object as `console.log` and JSON show it inside of another one: it may refer back. */
class Shown {
  readonly $class: string;
  readonly $id: number;

  constructor(handle: Handle) {
    this.$class = definitionIn(handle).name;
    this.$id = slots.id(handle);
  }

  static {
    inspectAs(Shown.prototype, ({ $class, $id }) => new Name(`<${$class}${$id === 0 ? '' : ` ${$id}`}>`));
  }
}

/** A text that is printed without quotes. */
class Name {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  [inspect.custom](): string {
    return this.#text;
  }
}

const NOT_LOADED = new Name('<not loaded>');

/** The same with a short form in the place of each persistent object. */
export function shownFieldsOf(object: object, read?: typeof field): Record<string, unknown> {
  const fields = fieldsOf(object, read);
  for (const name of Object.keys(fields)) fields[name] = shown(fields[name]);
  return fields;
}

/** A value with a short form in the place of each persistent object. */
export function shown(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const handle = handleOf(value);
  if (handle !== undefined) return new Shown(handle);
  if (Array.isArray(value)) return value.map(shown);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shown(inner)]));
}

let lastNumber = 0;
/** Numbers of objects that are not stored, and so have no id. */
const numbers = new WeakMap<object, number>();

/** A number by which an object can be told from others while it is not stored. */
export function numberOf(object: object): number {
  const known = weakMapGet(numbers, object);
  if (known !== undefined) return known;
  weakMapSet(numbers, object, ++lastNumber);
  return lastNumber;
}

/** A value with a text in the place of each persistent object: equal texts mean one object. */
export function identified(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const handle = handleOf(value);
  if (handle !== undefined) {
    const id = slots.id(handle);
    return `${definitionIn(handle).name} ${id === 0 ? `new ${numberOf(value)}` : id}`;
  }
  if (Array.isArray(value)) return value.map(identified);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.entries(value).map(([name, inner]) => [name, identified(inner)]);
}

/** The whole content of an object as text, by which assert.deepStrictEqual and the like compare two of them: see tagAs. */
function contentOf(object: object): string {
  return wholly(Object.entries(fieldsOf(object)).map(([name, value]) => [name, identified(value)]));
}

/** As `inspectAs`, for objects of a store. One that is on a server, and not here, is shown in a short form. */
export function inspectHereAs<T extends object>(
  prototype: T,
  label: string,
  show: (self: T, depth: number, options: InspectOptions) => string | object,
): void {
  inspectAs(prototype, (self: T, depth, options) => {
    try {
      return show(self, depth, options);
    } catch (error) {
      const handle = handleOf(self);
      if (handle === undefined || !isNotHere(error)) throw error;
      return `${label} ${slots.id(handle)} <not loaded>`;
    }
  });
}

/** What `putLooks` has made, which classes that extend such a class replace. */
const made = new WeakSet<object>();

/** Gives a class what its objects look like, unless it has that itself. `label` is what they are called when they are printed. */
export function putLooks(prototype: object, label: string): void {
  const isOurs = (key: PropertyKey): boolean => {
    for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each)) {
      const descriptor = Object.getOwnPropertyDescriptor(each, key);
      if (descriptor !== undefined) return weakSetHas(made, (descriptor.value ?? descriptor.get) as object);
    }
    return true;
  };
  const note = (key: PropertyKey): void => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
    weakSetAdd(made, (descriptor.value ?? descriptor.get) as object);
  };
  if (isOurs(inspect.custom)) {
    inspectHereAs(prototype, label, (self, depth, options) => {
      const handle = handleOf(self);
      if (handle === undefined) return label;
      if (depth < 0) return new Shown(handle);
      if (draftOf(handle) === undefined) slots.home(handle).view.stateOf(handle);
      return `${label} ${inspect(shownFieldsOf(self, fieldIfHere), { ...options, depth })}`;
    });
    note(inspect.custom);
  }
  if (isOurs(Symbol.toStringTag)) {
    tagAs(prototype, label, contentOf);
    note(Symbol.toStringTag);
  }
  const define = (key: string, value: (this: object) => unknown): void => {
    if (!(key in prototype)) Object.defineProperty(prototype, key, { value, configurable: true, writable: true });
  };
  define('toJSON', function () {
    return shownFieldsOf(this);
  });
  define('toObject', function () {
    return fieldsOf(this);
  });
}
