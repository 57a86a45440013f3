import { LeaseholdError } from '../base/errors.ts';

/** An error about one record of a file, with its line. */
export type RecordError = Error & { readonly code: string; readonly line: number };

/**
 * An error of the same class and code, whose message also names the file and the line. An error that is not leasehold's (a key
 * function has thrown it) becomes `ERR_INVALID_ARG_VALUE`.
 */
export function atLine(error: unknown, file: string, line: number): RecordError {
  const message = `${file}, line ${line}: ${messageOf(error)}`;
  const code = codeOf(error);
  if (error instanceof TypeError && code !== undefined) {
    return Object.assign(new TypeError(message, { cause: error }), { code, line });
  }
  if (error instanceof RangeError && code !== undefined) {
    return Object.assign(new RangeError(message, { cause: error }), { code, line });
  }
  const own = error instanceof LeaseholdError ? error.code : 'ERR_INVALID_ARG_VALUE';
  return Object.assign(new LeaseholdError(own, message, { cause: error }), { line });
}

/** A message for anything that a program's code has thrown. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'something was thrown that has no text';
  }
}

function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
