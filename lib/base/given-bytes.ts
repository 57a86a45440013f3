import { bufferFrom } from './platform.ts';
import { isUint8Array, typedArrayBuffer, typedArrayByteOffset, typedArrayLength } from './primordials.ts';

/**
 * A Buffer over the bytes of a Uint8Array that a program has given, whatever its own properties say of it; undefined if it is none.
 * Shared memory is copied, since another thread may change it while it is read.
 */
export function givenBytes(value: unknown): Buffer | undefined {
  if (!isUint8Array(value)) return undefined;
  const length = typedArrayLength(value);
  if (length === 0) return Buffer.alloc(0);
  const memory: ArrayBufferLike = typedArrayBuffer(value);
  const bytes = bufferFrom(memory as ArrayBuffer, typedArrayByteOffset(value), length);
  return memory instanceof SharedArrayBuffer ? Buffer.from(bytes) : bytes;
}
