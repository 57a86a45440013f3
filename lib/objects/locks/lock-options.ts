import { checkSignal } from '../../base/abort.ts';
import { checkObject, checkOptionNames } from '../../base/check-arguments.ts';
import { invalidType, invalidValue, type LeaseholdError } from '../../base/errors.ts';
import { objectDefineProperty } from '../../base/primordials.ts';
import { LOCK_IF_AVAILABLE, LOCK_SHARED, LOCK_STEAL } from '../../native/constants.ts';
import type { LockMode } from './lock.ts';

export interface LockOptions {
  /** Default: `'exclusive'`. */
  mode?: LockMode;
  /** Does not wait: if the lock is not free, the function is called with null. Default: false. */
  ifAvailable?: boolean;
  /** Takes the lock from all who have it. Their functions go on, but the promises of their requests are rejected. Default: false. */
  steal?: boolean;
  /** Ends the wait. It does nothing any more once the function has been called. */
  signal?: AbortSignal;
}

/** Options that were checked, each read once. */
export interface CheckedLockOptions {
  readonly mode: LockMode;
  /** LOCK_… flags. */
  readonly flags: number;
  readonly signal: AbortSignal | undefined;
}

/** The longest name, in UTF-16 code units. The same as in native/core/locks/lock_table.h. */
const MOST_NAME = 4096;

const NAMES = ['mode', 'ifAvailable', 'steal', 'signal'];
const PLAIN: CheckedLockOptions = { mode: 'exclusive', flags: 0, signal: undefined };

export function checkLockName(name: unknown): asserts name is string {
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
  if (name[0] === '-') throw notSupported("the name of a lock must not begin with '-'");
  if (name.length > MOST_NAME) {
    throw invalidValue(
      `the name of a lock has ${name.length} UTF-16 code units; it must not have more than ${MOST_NAME}`,
    );
  }
}

export function readLockOptions(options: unknown): CheckedLockOptions {
  if (options === undefined) return PLAIN;
  checkObject(options, 'options');
  checkOptionNames(options, NAMES, 'request()');
  const { mode = 'exclusive', ifAvailable, steal, signal } = options as LockOptions;
  if (mode !== 'exclusive' && mode !== 'shared') throw invalidType('mode', "'exclusive' or 'shared'", mode);
  checkFlag(ifAvailable, 'ifAvailable');
  checkFlag(steal, 'steal');
  checkSignal(signal);
  if (steal === true && ifAvailable === true) throw notSupported('steal and ifAvailable cannot be used together');
  if (steal === true && mode !== 'exclusive') throw notSupported("steal needs mode: 'exclusive'");
  if (signal !== undefined && (steal === true || ifAvailable === true)) {
    throw notSupported('signal cannot be used with steal or ifAvailable, which do not wait for others');
  }
  const flags =
    (mode === 'shared' ? LOCK_SHARED : 0) |
    (ifAvailable === true ? LOCK_IF_AVAILABLE : 0) |
    (steal === true ? LOCK_STEAL : 0);
  return { mode, flags, signal };
}

function checkFlag(value: unknown, name: string): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw invalidType(name, 'a boolean', value);
}

/** What the web calls a NotSupportedError: the error has that name, and the code `ERR_INVALID_ARG_VALUE`. */
function notSupported(message: string): LeaseholdError {
  const error = invalidValue(message);
  objectDefineProperty(error, 'name', { value: 'NotSupportedError', configurable: true });
  return error;
}
