import { type InspectOptions, inspect } from './platform.ts';
import { objectDefineProperty } from './primordials.ts';

/**
 * Makes `util.inspect` and `console.log` print the instances of a class, or one object, as `show` gives them. Printing never throws, not
 * even for the prototype itself.
 */
export function inspectAs<T extends object>(
  prototype: T,
  show: (instance: T, depth: number, options: InspectOptions) => string | object,
): void {
  objectDefineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: InspectOptions): string | object {
      try {
        return show(this, depth, options);
      } catch (error) {
        return `<cannot be shown: ${error instanceof Error ? error.message : typeof error}>`;
      }
    },
    configurable: true,
    writable: true,
  });
}

/** Makes `util.inspect` print a codec as its name. Returns the codec. */
export function inspectAsName<T extends { readonly name: string }>(codec: T): T {
  inspectAs(codec, ({ name }) => name);
  return codec;
}

let unreadable = 0;

/**
 * Makes `Object.prototype.toString` show the content of the instances of a class: `[object NAME CONTENT]`. Their content is in
 * private fields, so node:assert, vitest, jest and chai can compare them only by this text.
 *
 * An instance that cannot be read (it has expired, or does not decode) equals nothing but itself. The getter never throws, not
 * even for the prototype.
 */
export function tagAs<T extends object>(prototype: T, name: string, content: (instance: T) => string): void {
  objectDefineProperty(prototype, Symbol.toStringTag, {
    get(this: T): string {
      if (this === prototype) return name;
      try {
        return `${name} ${content(this)}`;
      } catch {
        return `${name} <unreadable ${++unreadable}>`;
      }
    },
    configurable: true,
  });
}

/** The whole content of a plain value as text, so that different values give different texts. */
export function wholly(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    breakLength: Number.POSITIVE_INFINITY,
  });
}
