import { COLLECTION_EXPIRES, COLLECTION_VERSIONS } from '../native/constants.ts';
import type { Lease } from './lease.ts';
import { startOf } from './sink.ts';

/** How many bytes stand before each value: see core/versions/header.h. */
export function leadOf(flags: number): number {
  return ((flags & COLLECTION_VERSIONS) !== 0 ? 8 : 0) + ((flags & COLLECTION_EXPIRES) !== 0 ? 8 : 0);
}

/**
 * The number of the commit that wrote a value; undefined in a collection without versions. `at` is the place of the value's entry. The number
 * is a big-endian u64 at the beginning of the value's header. Throws `ERR_LEASE_EXPIRED`.
 */
export function versionAt(lease: Lease, at: number): number | undefined {
  const { lead, versions } = lease.views;
  if (!versions) return undefined;
  const start = startOf(lease, at + 2, null) - lead;
  return u32At(lease.values, start) * 2 ** 32 + u32At(lease.values, start + 4);
}

/**
 * The time after which a value is absent, in ms since 1970, Infinity if it stays; undefined in a collection whose values do not expire. The
 * time is a big-endian u64 at the end of the value's header. Throws `ERR_LEASE_EXPIRED`.
 */
export function expiresAt(lease: Lease, at: number): number | undefined {
  if (!lease.views.expires) return undefined;
  const start = startOf(lease, at + 2, null) - 8;
  return timeShown(u32At(lease.values, start) * 2 ** 32 + u32At(lease.values, start + 4));
}

/** A time as users get it: 0 stands for never. */
export function timeShown(time: number): number {
  return time === 0 ? Number.POSITIVE_INFINITY : time;
}

/** The big-endian number of 32 bits at a place. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) * 2 ** 24 +
    (((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number))
  );
}
