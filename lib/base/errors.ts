import { isArrayBufferView, isDate, isMap, isPromise, isSet } from './platform.ts';

const { defineProperty, freeze, hasOwn } = Object;
const PrimordialTypeError = TypeError;
const PrimordialRangeError = RangeError;

/** Gives an error a field. Defines the field, since an assignment would call a setter that a program has put on Object.prototype. */
export function withField<E extends Error>(error: E, name: string, value: unknown): E {
  const field = { __proto__: null, value, enumerable: true, configurable: true, writable: true };
  return defineProperty(error, name, field as PropertyDescriptor);
}

/**
 * An error of leasehold. Its `code` says which one: leasehold's own (`ERR_…`), LMDB's (`MDB_…`) or the
 * system's (`EACCES`, `ENOSPC`, …). The message says what was tried, on what, and what to do.
 */
export class LeaseholdError extends Error {
  readonly code: string;
  /** The directory of the database, or the field of a record (`lines[3].price`), if the error concerns one. */
  declare readonly path?: string;
  /** If a batch was rejected: the number of the operation at fault, counted from 0. */
  declare readonly index?: number;
  /** `ERR_TOO_OLD`: the tid of the oldest commit that the log of changes still has. */
  declare readonly oldest?: number;

  constructor(code: string, message: string, options?: { path?: string | undefined; cause?: unknown }) {
    super(message, options !== undefined && hasOwn(options, 'cause') ? { cause: options.cause } : undefined);
    this.code = code;
    if (options !== undefined && hasOwn(options, 'path') && options.path !== undefined) {
      withField(this, 'path', options.path);
    }
  }

  /** Frozen: native code makes these errors, and a program that replaced the prototype would be called from there. */
  static {
    defineProperty(LeaseholdError.prototype, 'name', { value: 'LeaseholdError' });
    freeze(LeaseholdError.prototype);
    freeze(LeaseholdError);
  }
}

/** A `TypeError` with code `ERR_INVALID_ARG_TYPE`, saying what was expected and what was given. */
export function invalidType(name: string, expected: string, given: unknown): TypeError {
  const error = new PrimordialTypeError(`${name} must be ${expected}, not ${describe(given)}`);
  return withField(error, 'code', 'ERR_INVALID_ARG_TYPE');
}

/** A `RangeError` with code `ERR_OUT_OF_RANGE`. */
export function outOfRange(name: string, allowed: string, given: unknown): RangeError {
  const error = new PrimordialRangeError(`${name} must be ${allowed}, not ${describe(given)}`);
  return withField(error, 'code', 'ERR_OUT_OF_RANGE');
}

/** An `ERR_INVALID_ARG_VALUE`: the type is right, but the value makes no sense. */
export function invalidValue(message: string): LeaseholdError {
  return new LeaseholdError('ERR_INVALID_ARG_VALUE', message);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return value.length > 40 ? `a string of ${value.length} characters` : JSON.stringify(value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return Array.isArray(value) ? 'an array' : (builtIn(value) ?? 'an object');
  }
}

/** The name of a built-in object that is often passed by mistake where a plain object is needed; undefined for anything else. */
export function builtIn(value: unknown): string | undefined {
  if (isPromise(value)) return 'a Promise (await it)';
  if (isMap(value)) return 'a Map';
  if (isSet(value)) return 'a Set';
  if (isDate(value)) return 'a Date';
  return isArrayBufferView(value) ? 'bytes' : undefined;
}
