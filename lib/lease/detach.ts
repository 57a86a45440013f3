import { finalizationRegister, transferArrayBuffer } from '../primordials.ts';

/**
 * Memory that was taken from an ArrayBuffer, kept for as long as that ArrayBuffer is: somebody in the thread pool may be
 * reading it still.
 */
const taken = new FinalizationRegistry<ArrayBuffer>(() => {});

/** Detaches a plain ArrayBuffer without freeing its memory. */
export function detach(buffer: ArrayBuffer): void {
  finalizationRegister(taken, buffer, transferArrayBuffer(buffer));
}
