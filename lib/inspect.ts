import { type InspectOptions, inspect } from 'node:util';

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
