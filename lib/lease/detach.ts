import {
  finalizationRegister,
  isDetached,
  PrimordialUint8Array,
  transferArrayBuffer,
  typedArrayFill,
} from '../base/primordials.ts';

/**
 * Memory that was taken from an ArrayBuffer, kept for as long as that ArrayBuffer is: somebody in the thread pool may be
 * reading it still.
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
    // Marked as untransferable.
  }
  if (!isDetached(buffer)) typedArrayFill(new PrimordialUint8Array(buffer), 0);
}
