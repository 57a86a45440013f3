import { type InspectOptions, inspect } from 'node:util';

/** Makes `util.inspect` and `console.log` show the instances of a class as what `show` gives. */
export function inspectAs<T extends object>(
  prototype: T,
  show: (instance: T, depth: number, options: InspectOptions) => string | object,
): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: InspectOptions): string | object {
      return show(this, depth, options);
    },
    configurable: true,
    writable: true,
  });
}
