import { native } from '../native/native.ts';
import { LeaseholdError } from './errors.ts';
import { PrimordialArrayBuffer, PrimordialUint8Array } from './primordials.ts';

/** Below this there is some memory left, or nothing works at all. */
const LARGE = 2 ** 15;
/**
 * From here on the system is asked first, as the C library asks it for each such piece: 2 us, where copying takes 10 or
 * more. If V8 cannot have the memory, it collects everything before it throws, and ends the process if that needs some.
 */
const ASKED = 2 ** 17;

/** `length` bytes of memory. Throws `ENOMEM`. */
export function allocate(length: number): ArrayBuffer {
  try {
    if (length < ASKED || native.canAllocate(length)) return new PrimordialArrayBuffer(length);
  } catch (cause) {
    throw outOfMemory(length, cause);
  }
  throw outOfMemory(length, undefined);
}

/** The same as bytes, which are the whole of their ArrayBuffer. */
export function allocateBytes(length: number): Uint8Array<ArrayBuffer> {
  return length < LARGE ? new PrimordialUint8Array(length) : new PrimordialUint8Array(allocate(length));
}

function outOfMemory(length: number, cause: unknown): LeaseholdError {
  return new LeaseholdError('ENOMEM', `no memory could be had for ${length} bytes`, { cause });
}
