import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { arrayBufferByteLength, isDetached, transferArrayBuffer } from '../../base/primordials.ts';

/**
 * The memory of an ArrayBuffer, in one that nobody else has; the one given is detached. `ERR_INVALID_ARG_TYPE` for what is no
 * ArrayBuffer, `ERR_INVALID_ARG_VALUE` for one that is detached already or cannot be transferred.
 */
export function takeOver(arrayBuffer: ArrayBuffer): ArrayBuffer {
  let length: number;
  try {
    length = arrayBufferByteLength(arrayBuffer);
  } catch {
    throw invalidType('arrayBuffer', 'an ArrayBuffer', arrayBuffer);
  }
  if (length === 0 && isDetached(arrayBuffer)) throw invalidValue('arrayBuffer must not be detached');
  try {
    return transferArrayBuffer(arrayBuffer);
  } catch (cause) {
    throw new LeaseholdError('ERR_INVALID_ARG_VALUE', 'arrayBuffer cannot be transferred to a source', { cause });
  }
}
