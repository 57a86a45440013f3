import { LeaseholdError } from '../base/errors.ts';

/** The errors of a server, by the first letters of their code, after which the same statement can be sent again. */
const PASSING = [
  '08', // the connection
  '40', // the transaction was rolled back, as after a deadlock
  '53300', // too many connections
  '55P03', // a lock was not there in time
  '57P', // the server stops, starts, or somebody has ended the connection
  '25006', // the server only reads since a moment ago
  '58', // the system
];
const NO_SCHEMA = ['3F000', '42P01', '42883'];
const FORBIDDEN = ['28', '42501'];

/** A connection could not be made, or is lost: what was sent on it can be sent again. */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super((cause as Error | undefined)?.message ?? 'lost', { cause });
  }
}

/** What a program is told about an error of a connection with `place`; `ConnectionLost` if the same can be tried again. */
export function errorOf(cause: unknown, place: string): Error {
  if (cause instanceof LeaseholdError || cause instanceof ConnectionLost) return cause;
  const { code, message = 'no message' } = (cause ?? {}) as { code?: unknown; message?: string };
  if (!isSqlState(code)) return new ConnectionLost(cause);
  const is = (codes: readonly string[]): boolean => codes.some((start) => code.startsWith(start));
  if (is(PASSING)) return new ConnectionLost(cause);
  if (is(NO_SCHEMA)) return notInstalled(place, cause);
  if (is(FORBIDDEN)) return new LeaseholdError('ERR_FORBIDDEN', `${place} refuses this: ${message}`, { cause });
  if (code === '57014') {
    return new LeaseholdError('ERR_TIMEOUT', `${place} has ended a statement that took too long: nothing was changed`, {
      cause,
    });
  }
  return new LeaseholdError('ERR_DATABASE', `${place}: ${message} (${code})`, { cause });
}

/** Whether the server on this connection is not the one to be asked any more: it stops, or only reads since a moment ago. */
export function isOver(cause: unknown): boolean {
  const { code } = (cause ?? {}) as { code?: unknown };
  return isSqlState(code) && (code === '25006' || code.startsWith('57P'));
}

/** `ERR_STORE_NOT_INSTALLED` */
export function notInstalled(place: string, cause?: unknown): LeaseholdError {
  return new LeaseholdError(
    'ERR_STORE_NOT_INSTALLED',
    `there is no store in ${place}: install one with \`leasehold store install ${place}\``,
    { cause },
  );
}

/** `ERR_SNAPSHOT_LOST`: what was told and cached may be wrong, all of it. */
export function otherHistory(place: string): LeaseholdError {
  return new LeaseholdError(
    'ERR_SNAPSHOT_LOST',
    `${place} has another history than before: it was restored from a copy, or has lost commits: connect again, and read everything again`,
  );
}

export function disconnected(why: string, cause: unknown): LeaseholdError {
  return new LeaseholdError('ERR_DISCONNECTED', why, { cause });
}

/** Five digits and capital letters. The codes of the system, as EPIPE, begin with an E, as none of these does. */
function isSqlState(code: unknown): code is string {
  return typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code);
}
