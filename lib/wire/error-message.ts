import { LeaseholdError, withField } from '../base/errors.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Payload } from './payload.ts';

/** The fields of an error that the other side gets, beside code and message. */
const FIELDS = ['index', 'oldest'] as const;

/** Whether the other side gets the message of an error. */
export function isTold(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof LeaseholdError || (typeof code === 'string' && /^(ERR_|MDB_)/.test(code));
}

/** What is no error of leasehold's is told without its message, which may have what the other side must not know. */
export function writeError(out: FrameWriter, error: unknown): void {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const isKnown = isTold(error);
  const told: Record<string, unknown> = isKnown
    ? { code, message }
    : { code: 'ERR_SERVER', message: 'the server has failed to answer: its log says why' };
  for (const name of FIELDS) {
    const value = (error as Record<string, unknown> | null)?.[name];
    if (isKnown && typeof value === 'number') told[name] = value;
  }
  out.json(told);
}

export function readError(payload: Payload): LeaseholdError {
  const told = payload.json();
  const error = new LeaseholdError(
    typeof told['code'] === 'string' ? told['code'] : 'ERR_SERVER',
    typeof told['message'] === 'string' ? told['message'] : 'the server has failed to answer',
  );
  for (const name of FIELDS) if (typeof told[name] === 'number') withField(error, name, told[name]);
  return error;
}
