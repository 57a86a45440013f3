import { allocate } from '../../base/allocate.ts';
import { LeaseholdError } from '../../base/errors.ts';
import { nativeTransfer, PrimordialUint8Array, PrimordialUint32Array } from '../../base/primordials.ts';
import { CONTROL_BYTES, CONTROL_BYTES_HIGH, CONTROL_ROWS } from '../../native/constants.ts';
import { control, native } from '../../native/native.ts';
import { detach } from '../detach.ts';
import { expireGroups, splitGroups } from '../group.ts';
import { type Lease, ROW_BYTES, ROW_NUMBERS } from '../lease.ts';
import type { NativeSource } from '../source.ts';

/** Whether a move failed for lack of memory. Then nothing is lost, and the move can be tried again. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof LeaseholdError && error.code === 'ENOMEM';
}

/** Takes back now all that a source has lent: it expires, or moves to the heap. If this throws `ENOMEM`, nothing is lost. */
export function takeBack(source: NativeSource, expires: boolean): void {
  if (expires) expireAll(source);
  else while (moveNext(source) >= 0);
}

/** Moves the next lease of a source to the heap. Returns how many bytes it takes there; -1 if no lease is left. Throws `ENOMEM`. */
export function moveNext(source: NativeSource): number {
  const lease = native.nextLease(source.handle) as Lease | null | boolean;
  if (lease === true) return -1;
  if (lease === false) {
    splitGroups(source);
    return 0;
  }
  // This call moved leased Buffers, or asked sinks of other addons. That took no memory of V8's heap.
  if (lease === null) return 0;
  const rows = control[CONTROL_ROWS] as number;
  const bytes = (control[CONTROL_BYTES] as number) + (control[CONTROL_BYTES_HIGH] as number) * 2 ** 32;
  let memory: ArrayBuffer;
  try {
    memory = allocate(rows * ROW_BYTES + bytes);
  } catch (cause) {
    throw new LeaseholdError('ENOMEM', `${bytes} bytes that sinks still hold could not be moved to the heap`, {
      cause,
    });
  }
  const own = new PrimordialUint8Array(memory);
  const table = new PrimordialUint32Array(memory, 0, rows * ROW_NUMBERS);
  native.moveLease(source.handle, memory);
  // Does what `lease.adopt` does, but without a call: a stack overflow here would leave the lease aimed at the old memory.
  lease.keys = lease.values = own;
  lease.table = table;
  lease.base -= lease.run;
  lease.run = 0;
  lease.state = 'copied';
  source.counters.moved(rows, bytes);
  return rows * ROW_BYTES + bytes;
}

/** Expires every lease of a source at once. */
function expireAll(source: NativeSource): void {
  for (;;) {
    const lease = native.nextLease(source.handle) as Lease | null | boolean;
    if (lease === true) break;
    if (lease === false) expireGroups(source);
    if (lease === null || lease === false) continue;
    // Before dropLease: a lease that native code no longer knows must have expired.
    lease.expire();
    native.dropLease(source.handle);
  }
  // Last: this tells sinks of other addons, whose code can do anything.
  for (
    let buffer = native.detachBuffers(source.handle, nativeTransfer !== undefined);
    buffer !== null;
    buffer = native.detachBuffers(source.handle, nativeTransfer !== undefined)
  ) {
    detach(buffer);
  }
}
