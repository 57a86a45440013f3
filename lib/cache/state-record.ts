import type { Tid } from '../versions/engine/engine.ts';

/*
 * How the state of a key lies in the cache:
 *
 *   u64 tid, whose highest bit says that the key is absent | u64 next, or 0xffffffff and the u32 epoch of an open interval | the bytes of the value
 *
 * An open interval is true as long as the cache is told each commit. When commits were missed, the epoch of the cache moves on, and all intervals that
 * were open are worth nothing: without a walk through them.
 */

export const HEAD_BYTES = 16;
const OPEN = 0xffff_ffff;
const ABSENT = 0x8000_0000;

/** The state of a key, as it is stored. */
export interface StoredState {
  readonly tid: Tid;
  /** Up to which commit, that one excluded. Undefined: nobody has changed it as far as the cache was told, if `epoch` is that of the cache. */
  readonly next: Tid | undefined;
  readonly epoch: number;
  /** Undefined if the key is absent. */
  readonly bytes: Uint8Array | undefined;
}

export function encodeState({ tid, next, epoch, bytes }: StoredState): Uint8Array {
  const record = Buffer.allocUnsafe(HEAD_BYTES + (bytes?.length ?? 0));
  writeHead(record, 0, { tid, next, epoch, isAbsent: bytes === undefined });
  if (bytes !== undefined) record.set(bytes, HEAD_BYTES);
  return record;
}

/** Writes the HEAD_BYTES bytes that stand before the bytes of a value. */
export function writeHead(target: Uint8Array, at: number, { tid, next, epoch, isAbsent }: StateHead): void {
  writeU64(target, at, tid);
  if (isAbsent) target[at] = (target[at] as number) | (ABSENT >>> 24);
  if (next === undefined) {
    writeU32(target, at + 8, OPEN);
    writeU32(target, at + 12, epoch);
  } else {
    writeU64(target, at + 8, next);
  }
}

/** The bytes that it gives are part of the record. */
export function decodeState(record: Uint8Array): StoredState {
  const { tid, next, epoch, isAbsent } = headOf(record, 0);
  return { tid, next, epoch, bytes: isAbsent ? undefined : record.subarray(HEAD_BYTES) };
}

/** What stands before the bytes of a value. */
export interface StateHead extends Omit<StoredState, 'bytes'> {
  readonly isAbsent: boolean;
}

/** The head of the record that begins at byte `start`. */
export function headOf(bytes: Uint8Array, start: number): StateHead {
  const high = u32(bytes, start + 8);
  const low = u32(bytes, start + 12);
  const isOpen = high === OPEN;
  return {
    tid: tidAt(bytes, start),
    next: isOpen ? undefined : high * 2 ** 32 + low,
    epoch: isOpen ? low : 0,
    isAbsent: ((bytes[start] as number) & (ABSENT >>> 24)) !== 0,
  };
}

/** Whether a state is true as of a commit after its begin, in a cache that was told everything up to that commit. */
export function isValid({ next, epoch }: Pick<StoredState, 'next' | 'epoch'>, at: Tid, current: number): boolean {
  return next === undefined ? epoch === current : at < next;
}

export function tidOf(record: Uint8Array): Tid {
  return tidAt(record, 0);
}

function tidAt(bytes: Uint8Array, start: number): Tid {
  return (u32(bytes, start) & ~ABSENT) * 2 ** 32 + u32(bytes, start + 4);
}

export function writeU64(target: Uint8Array, at: number, value: number): void {
  writeU32(target, at, Math.floor(value / 2 ** 32));
  writeU32(target, at + 4, value >>> 0);
}

export function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

export function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
