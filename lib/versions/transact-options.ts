import { checkSignal } from '../base/abort.ts';
import { checkChoice, checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';

/** Options of `Environment.transact`. */
export interface TransactOptions {
  /**
   * `'serializable'` (default): the transaction commits only if nobody has changed what it has read or written. `'snapshot'`: only if
   * nobody has changed what it has written; two transactions can then both rely on what the other one changes (write skew).
   */
  isolation?: 'serializable' | 'snapshot';
  /** How often the function is called again after a conflict. Default 10. */
  retries?: number;
  /** Ends the transaction: nothing is written, and the promise is rejected with an AbortError. */
  signal?: AbortSignal;
}

export interface CheckedOptions {
  readonly notesReads: boolean;
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
}

const RETRIES = 10;

export function readTransactOptions(options: TransactOptions | undefined): CheckedOptions {
  if (options === undefined) return { notesReads: true, retries: RETRIES, signal: undefined };
  checkObject(options, 'options');
  checkOptionNames(options, ['isolation', 'retries', 'signal'], 'transact()');
  const { isolation = 'serializable', retries = RETRIES, signal } = options;
  checkChoice(isolation, 'isolation', ['serializable', 'snapshot']);
  checkSize(retries, 'retries', 0, 2 ** 31);
  checkSignal(signal);
  return { notesReads: isolation === 'serializable', retries, signal };
}
