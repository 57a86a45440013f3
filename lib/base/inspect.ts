import { type InspectOptions, inspect } from 'node:util';
import { objectDefineProperty } from './primordials.ts';

/**
 * Makes `util.inspect` and `console.log` show the instances of a class by `show`. Printing never throws, not even for
 * the prototype itself.
 */
export function inspectAs<T extends object>(
  prototype: T,
  show: (instance: T, depth: number, options: InspectOptions) => string | object,
): void {
  Object.defineProperty(prototype, inspect.custom, {
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

let unreadable = 0;

/**
 * Makes `Object.prototype.toString` show what the instances of a class hold: `[object NAME CONTENT]`. What they hold is in
 * private fields, so that this is all that node:assert, vitest, jest and chai can compare by.
 *
 * What cannot be read (it has expired, it does not decode) equals nothing but itself. Never throws, not even for the
 * prototype.
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

/** All of a plain value, as text: other values give other texts. */
export function wholly(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: Number.POSITIVE_INFINITY,
    maxStringLength: Number.POSITIVE_INFINITY,
    breakLength: Number.POSITIVE_INFINITY,
  });
}
