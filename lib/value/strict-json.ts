import { invalidValue } from '../base/errors.ts';
import { numberToJson } from '../base/number-text.ts';
import { hexOfValue } from './hex-text.ts';
import { Value } from './value.ts';

/**
 * A value as JSON that reads back as the same value. A Value, which codecs of a program's own can give, is written in hexadecimal.
 * `ERR_INVALID_ARG_VALUE`, which names the place, for a value without a form in JSON: a Date, a bigint, undefined in an array, NaN, …
 */
export function strictJson(value: unknown): string {
  if (value instanceof Value) return `"${hexOfValue(value)}"`;
  try {
    return write(value, 'value');
  } catch (error) {
    // Of the stack, since the others have a code.
    if (!(error instanceof RangeError) || 'code' in error) throw error;
    throw invalidValue('value contains itself, or is nested too deeply: JSON has no form for it');
  }
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw unwritable(path, String(value));
      return numberToJson(value);
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map((item, i) => write(item, `${path}[${i}]`)).join()}]`;
      if (isPlain(value)) return writeObject(value, path);
      throw unwritable(
        path,
        value.constructor?.name === undefined ? 'an object of a class' : `a ${value.constructor.name}`,
      );
    default:
      throw unwritable(path, typeof value);
  }
}

function writeObject(object: object, path: string): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined) parts.push(`${JSON.stringify(name)}:${write(value, `${path}.${name}`)}`);
  }
  return `{${parts.join()}}`;
}

/** Whether an object is of no class, so that its own fields are all that it is. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unwritable(path: string, what: string): Error {
  return invalidValue(
    `${path} is ${what}, for which JSON has no form: use the format 'dump', which holds the stored bytes`,
  );
}
