import { native } from '../native/native.ts';
import { LeaseholdError } from './errors.ts';
import { PrimordialArrayBuffer, PrimordialUint8Array } from './primordials.ts';

/** Smaller arrays are allocated without a check: if there is no memory for them, nothing works at all. */
const LARGE = 2 ** 15;
/**
 * From this size on, the system is asked first whether it has the memory, as the C library asks for each piece of such a size. That
 * takes 2 us, where copying takes 10 or more. V8 would make a full collection before it throws, and end the process if the
 * collection needs memory.
 */
const ASKED = 2 ** 17;

/** From this size on, the C library takes memory from the system for one allocation alone, and gives it back: what is advised for it concerns no other memory. */
const ON_LARGE_PAGES = 2 ** 25;

/** An ArrayBuffer of `length` bytes. Throws `ENOMEM`. */
export function allocate(length: number): ArrayBuffer {
  try {
    if (length < ASKED || native.canAllocate(length)) {
      const memory = new PrimordialArrayBuffer(length);
      if (length >= ON_LARGE_PAGES) native.useLargePages(new PrimordialUint8Array(memory));
      return memory;
    }
  } catch (cause) {
    throw outOfMemory(length, cause);
  }
  throw outOfMemory(length, undefined);
}

/** A Uint8Array of `length` bytes that covers its whole ArrayBuffer. Throws `ENOMEM`. */
export function allocateBytes(length: number): Uint8Array<ArrayBuffer> {
  return length < LARGE ? new PrimordialUint8Array(length) : new PrimordialUint8Array(allocate(length));
}

function outOfMemory(length: number, cause: unknown): LeaseholdError {
  return new LeaseholdError('ENOMEM', `cannot allocate ${length} bytes`, { cause });
}
