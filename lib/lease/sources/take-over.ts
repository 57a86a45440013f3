import { invalidType, invalidValue, LeaseholdError } from '../../base/errors.ts';
import { arrayBufferByteLength, isDetached, transferArrayBuffer } from '../../base/primordials.ts';

/**
 * Moves the memory of an ArrayBuffer to a new one that nobody else has, and detaches the given one. `ERR_INVALID_ARG_TYPE` if it is not an
 * ArrayBuffer, `ERR_INVALID_ARG_VALUE` if it is already detached or cannot be transferred.
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
