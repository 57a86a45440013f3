import {
  finalizationRegister,
  isDetached,
  PrimordialUint8Array,
  transferArrayBuffer,
  typedArrayFill,
} from '../base/primordials.ts';

/**
 * Memory that was taken from ArrayBuffers. It lives as long as its ArrayBuffer, since the thread pool may still be reading it.
 */
const taken = new FinalizationRegistry<ArrayBuffer>(() => {});

/**
 * Detaches an ArrayBuffer without freeing its memory. One that a program has marked as untransferable reads as zeros
 * instead.
 */
export function detach(buffer: ArrayBuffer): void {
  try {
    finalizationRegister(taken, buffer, transferArrayBuffer(buffer));
  } catch {
    // The ArrayBuffer is marked as untransferable.
  }
  if (!isDetached(buffer)) typedArrayFill(new PrimordialUint8Array(buffer), 0);
}
