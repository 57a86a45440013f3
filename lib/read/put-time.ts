import { checkObject, checkOptionNames } from '../base/check-arguments.ts';
import { invalidType, invalidValue, outOfRange } from '../base/errors.ts';
import { isDate } from '../base/platform.ts';
import { dateGetTime, isNotANumber } from '../base/primordials.ts';
import { writer } from '../base/writer.ts';
import { CHANGE_TIME_BYTES, TIME_IS_TTL, TIME_KEEPS_OLD } from '../native/constants.ts';

const { ceil, floor } = Math;

/** The time that a put gives to a value: the bytes that stand behind its key (CHANGE_TIME_BYTES), as two numbers of 32 bits. */
export interface PutTime {
  readonly high: number;
  readonly low: number;
}

/** What a collection whose values expire gives to values. */
export interface Expiry {
  /** The default time to live, in ms; Infinity if values stay by default. */
  readonly ttl: number;
  /** The time of a value that is put without one. */
  readonly put: PutTime;
  /** The same, but for a value that replaces another one: it has the time of that. */
  readonly update: PutTime;
}

/** The last time for which there is a Date. */
const LAST_TIME = 8.64e15;
const FIRST_BYTE = 2 ** 24;

const NEVER: PutTime = { high: 0, low: 0 };

/** Gives each value `ttl` ms from its put on. */
export function expiryOf(ttl: number): Expiry {
  const put = ttl === Number.POSITIVE_INFINITY ? NEVER : ofMilliseconds(ttl, TIME_IS_TTL);
  return { ttl, put, update: { high: put.high + TIME_KEEPS_OLD * FIRST_BYTE, low: put.low } };
}

function ofMilliseconds(ms: number, flags: number): PutTime {
  const whole = ceil(ms);
  return { high: floor(whole / 2 ** 32) + flags * FIRST_BYTE, low: whole % 2 ** 32 };
}

/**
 * The time that a user gives: a Date, or ms since 1970; Infinity means that the value stays. A part of a ms counts as a whole one.
 * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for an invalid Date, `ERR_OUT_OF_RANGE`.
 */
export function timeOf(expires: unknown): PutTime {
  if (expires === Number.POSITIVE_INFINITY) return NEVER;
  const isNumber = typeof expires === 'number';
  if (!isNumber && !isDate(expires)) throw invalidType('expires', 'a Date or a number of ms since 1970', expires);
  const ms = isNumber ? expires : dateGetTime(expires);
  if (!isNumber && isNotANumber(ms)) throw invalidValue('expires must be a valid Date');
  if (ms > 0 && ms <= LAST_TIME) return ofMilliseconds(ms, 0);
  throw outOfRange(
    'expires',
    `a time after 1970, at most ${LAST_TIME} ms, or Infinity for a value that stays`,
    expires,
  );
}

/** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE` unless a time to live can be `ttl` ms. */
export function checkTtl(ttl: unknown): asserts ttl is number {
  if (typeof ttl !== 'number') throw invalidType('ttl', 'a number of ms', ttl);
  if (ttl > 0 && (ttl <= LAST_TIME || ttl === Number.POSITIVE_INFINITY)) return;
  throw outOfRange('ttl', `a number of ms above 0, at most ${LAST_TIME}, or Infinity for values that stay`, ttl);
}

/** What the option `expires` of a collection asks for: whether values expire, and the default time to live; undefined: either. */
export function readExpires(expires: unknown): { expires: boolean | undefined; ttl: number | undefined } {
  if (expires === undefined || typeof expires === 'boolean') return { expires, ttl: undefined };
  if (typeof expires !== 'object' || expires === null) {
    throw invalidType('expires', 'a boolean or an object with a ttl', expires);
  }
  checkObject(expires, 'expires');
  checkOptionNames(expires, ['ttl'], 'the option expires of collection()');
  const { ttl } = expires as { ttl?: unknown };
  if (ttl !== undefined) checkTtl(ttl);
  return { expires: true, ttl };
}

/** Appends a time to the writer, behind the key of a put. */
export function appendTime({ high, low }: PutTime): void {
  writer.reserve(CHANGE_TIME_BYTES);
  const { bytes, position } = writer;
  writeBig(bytes, position, high);
  writeBig(bytes, position + 4, low);
  writer.position = position + CHANGE_TIME_BYTES;
}

function writeBig(bytes: Uint8Array, at: number, number: number): void {
  bytes[at] = number >>> 24;
  bytes[at + 1] = number >>> 16;
  bytes[at + 2] = number >>> 8;
  bytes[at + 3] = number;
}
