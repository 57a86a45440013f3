import { LeaseholdError } from '../../base/errors.ts';
import { inspect } from '../../base/platform.ts';

/** What an inspection shows for a value that cannot be read. */
export function unreadable(error: unknown): object {
  const text = error instanceof LeaseholdError ? error.message : String(error);
  return { [inspect.custom]: () => `<${text}>` };
}
