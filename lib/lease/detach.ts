import {
  finalizationRegister,
  isDetached,
  PrimordialUint8Array,
  transferArrayBuffer,
  typedArrayFill,
} from '../base/primordials.ts';

/**
 * Keeps memory that was taken from an ArrayBuffer for as long as that ArrayBuffer lives, since the thread pool may still be reading the
 * memory.
 */
const taken = new FinalizationRegistry<ArrayBuffer>(() => {});

/**
 * Detaches an ArrayBuffer without freeing its memory. An ArrayBuffer that the program has marked as untransferable cannot be detached: it is
 * filled with zeros instead.
 */
export function detach(buffer: ArrayBuffer): void {
  try {
    finalizationRegister(taken, buffer, transferArrayBuffer(buffer));
  } catch {
    // The ArrayBuffer is marked as untransferable.
  }
  if (!isDetached(buffer)) typedArrayFill(new PrimordialUint8Array(buffer), 0);
}
