import { LeaseholdError } from '../base/errors.ts';

/** The errors of a server, by the first letters of their code, after which the same statement can be sent again. */
const PASSING = [
  '08', // the connection
  '40', // the transaction was rolled back, as after a deadlock
  '53300', // too many connections
  '55P03', // a lock was not there in time
  '57P', // the server stops, starts, or somebody has ended the connection
  '25006', // the server only reads since a moment ago
  '26000', // the connection has forgotten a prepared statement
  '42P05', // the connection has a prepared statement that this program has not made
  '58', // the system
];
const NO_SCHEMA = ['3F000', '42P01', '42883'];
const NO_DATABASE = '3D000';
/** The user lacks a right in the database. */
const NO_RIGHT = '42501';
const FORBIDDEN = ['28', NO_RIGHT];

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
  if (is(FORBIDDEN)) {
    const advice = code === NO_RIGHT ? ': give its user the rights that docs/postgres.md lists under "Set up"' : '';
    return new LeaseholdError('ERR_FORBIDDEN', `${place} refuses this: ${message}${advice}`, { cause });
  }
  if (code === NO_DATABASE) {
    return new LeaseholdError(
      'ERR_DATABASE',
      `${place}: ${message} (${code}): make the database with createdb, and then the store with \`${installCommand(place)}\``,
      { cause },
    );
  }
  if (code === '57014') {
    return new LeaseholdError('ERR_TIMEOUT', `${place} has ended a statement that took too long: nothing was changed`, {
      cause,
    });
  }
  return new LeaseholdError('ERR_DATABASE', `${place}: ${message} (${code})`, { cause });
}

/** The first letters of codes after which the connection is of no use. */
const OVER = ['08', '25006', '26000', '42P05', '57P'];
/** Those of errors that do not say that a statement was rolled back. */
const UNANSWERED = ['08', '57P', '58'];

/** Whether a connection is of no use after an error: it is not of the server, or that stops, or only reads since a moment ago, or has another session behind it. */
export function isOver(cause: unknown): boolean {
  return !isServerError(cause) || startsWith(cause, OVER);
}

/** Whether a statement may have been executed although there was an error in the place of its answer. */
export function mayHaveRun(cause: unknown): boolean {
  return !isServerError(cause) || startsWith(cause, UNANSWERED);
}

/** `ERR_STORE_NOT_INSTALLED` */
export function notInstalled(place: string, cause?: unknown): LeaseholdError {
  return new LeaseholdError(
    'ERR_STORE_NOT_INSTALLED',
    `there is no store in ${place}: install one with \`${installCommand(place)}\``,
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

function isServerError(cause: unknown): cause is { readonly code: string } {
  return isSqlState((cause as { code?: unknown } | undefined)?.code);
}

function startsWith({ code }: { readonly code: string }, starts: readonly string[]): boolean {
  return starts.some((start) => code.startsWith(start));
}

/** Five digits and capital letters. The codes of the system, as EPIPE, begin with an E, as none of these does. */
function isSqlState(code: unknown): code is string {
  return typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code);
}

/** The command that makes a store, for a shell: an address with characters that mean something to one is in quotes. */
function installCommand(place: string): string {
  const isPlain = /^[\w@%+:,./-]*$/.test(place);
  return `leasehold store install ${isPlain ? place : `'${place.replaceAll("'", "'\\''")}'`}`;
}
