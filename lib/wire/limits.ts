import { checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { protocolError } from './payload.ts';
import { DEFAULT_LIMITS, type WireLimits } from './protocol.ts';

const NAMES = Object.keys(DEFAULT_LIMITS) as (keyof WireLimits)[];

const MOST = 2 ** 31 - 1;

/** The limits that a program gives, those that it leaves out by default. `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
export function readLimits(given: Partial<WireLimits> | undefined): WireLimits {
  if (given === undefined) return DEFAULT_LIMITS;
  checkObject(given, 'limits');
  checkOptionNames(given, NAMES, 'limits');
  for (const name of NAMES) checkSize(given[name], `limits.${name}`, 1, MOST);
  return { ...DEFAULT_LIMITS, ...given };
}

/** Those of the other side. */
export function checkHelloLimits(given: unknown): WireLimits {
  const limits: Record<string, number> = {};
  for (const name of NAMES) {
    const value = (given as Record<string, unknown> | null | undefined)?.[name];
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MOST)
      throw protocolError(`HELLO has a wrong limit ${name}`);
    limits[name] = value as number;
  }
  return limits as unknown as WireLimits;
}
