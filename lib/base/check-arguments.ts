import { invalidType, invalidValue, outOfRange } from './errors.ts';

/** Throws `ERR_INVALID_ARG_TYPE` unless `value` is an object. */
export function checkObject(value: unknown, name: string): asserts value is object {
  if (typeof value !== 'object' || value === null) throw invalidType(name, 'an object', value);
}

/** Throws `ERR_INVALID_ARG_VALUE` for an option name that does not exist, so that a typing error is noticed. */
export function checkOptionNames(options: object, allowed: readonly string[], where: string): void {
  for (const name of Object.keys(options)) {
    if (!allowed.includes(name)) {
      throw invalidValue(`${where} has no option '${name}'; it knows ${allowed.join(', ')}`);
    }
  }
}

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` unless `value` is undefined or an integer from `least` to `most`. */
export function checkSize(value: unknown, name: string, least: number, most: number): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw invalidType(name, 'a number', value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw outOfRange(name, `an integer from ${least} to ${most}`, value);
  }
}

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` unless `value` is undefined or one of `choices`. */
export function checkChoice(value: unknown, name: string, choices: readonly string[]): void {
  if (value === undefined) return;
  if (typeof value !== 'string') throw invalidType(name, 'a string', value);
  if (!choices.includes(value)) {
    throw invalidValue(`${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}, not '${value}'`);
  }
}
