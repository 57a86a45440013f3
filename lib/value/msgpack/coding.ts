import { LeaseholdError } from '../../base/errors.ts';
import { bufferFrom } from '../../base/platform.ts';
import { isStackOverflow } from '../../base/stack.ts';
import type { Lease } from '../../lease/lease.ts';
import { toBytes } from '../../lease/sink.ts';
import { StructureEncoder } from './structure-encoder.ts';
import type { StructureDecoder } from './structures.ts';

let alone: StructureEncoder | undefined;

/** The bytes of a value, with the property names of its objects. */
export function encodeAlone(value: unknown): Uint8Array {
  if (alone?.busy === true) return new StructureEncoder([], false).encode(value);
  alone ??= new StructureEncoder([], false);
  return alone.encode(value);
}

/** The value at a place of a lease. Throws `ERR_CODEC`. */
export function view(decoder: StructureDecoder, lease: Lease, at: number): unknown {
  // A copy, since msgpackr keeps references to the bytes that it gets.
  const bytes = bufferFrom(toBytes(lease, at, null).buffer);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    if (isStackOverflow(cause)) throw cause;
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    throw new LeaseholdError('ERR_CODEC', `the stored value is not MessagePack that can be read${why}`, { cause });
  }
}
