import { inspect } from 'node:util';
import { inspectAs } from '../../base/inspect.ts';
import { handleOf } from '../handle.ts';
import type { Handle } from '../model.ts';

/** The fields of an object by name, those that are undefined left out: references as the objects themselves, plain values frozen. */
export function fieldsOf(object: object): Record<string, unknown> {
  const handle = handleOf(object) as Handle;
  const fields: Record<string, unknown> = {};
  for (const { name } of handle.definition.fields) {
    const value = (object as Record<string, unknown>)[name];
    if (value === undefined) continue;
    Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return fields;
}

/** An object as `console.log` and JSON show it inside of another one: it may refer back. */
class Shown {
  readonly $class: string;
  readonly $id: number;

  constructor({ definition, id }: Handle) {
    this.$class = definition.name;
    this.$id = id;
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

/** The same with a short form in the place of each persistent object. */
export function shownFieldsOf(object: object): Record<string, unknown> {
  const fields = fieldsOf(object);
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

/** Gives a class what its objects look like, unless it has that itself. */
export function putLooks(prototype: object, name: string): void {
  const define = (key: PropertyKey, value: unknown): void => {
    if (!(key in prototype) || key === inspect.custom) {
      Object.defineProperty(prototype, key, { value, configurable: true, writable: true });
    }
  };
  if (!(inspect.custom in prototype)) {
    inspectAs(prototype, (self, depth) => {
      const handle = handleOf(self);
      if (handle === undefined) return name;
      if (depth < 0) return new Shown(handle);
      return `${name} ${inspect(shownFieldsOf(self), { depth })}`;
    });
  }
  define('toJSON', function (this: object) {
    return shownFieldsOf(this);
  });
  define('toObject', function (this: object) {
    return fieldsOf(this);
  });
}
