import { isUint8Array } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { bytesOf, lengthOf, placeOf, startOf } from './sink.ts';

/** The property of globalThis in which addons that include leasehold/lease.h look for the `resolve` functions of all copies of leasehold. */
const RESOLVERS = 'leasehold:resolvers';

/**
 * Returns an opaque object that tells an addon where the bytes of a sink are, and which source lends them. Null for anything that is not a
 * sink of this copy of leasehold. JavaScript can do nothing with the object. `ERR_LEASE_EXPIRED`.
 */
function resolve(sink: unknown): object | null {
  const place = placeOf(sink);
  if (place === undefined) return isUint8Array(sink) ? native.resolveBuffer(sink) : null;
  const { lease, at, span } = place;
  const start = startOf(lease, at, span);
  const length = lengthOf(lease, at, span);
  if (lease.state !== 'shared' || lease.source === undefined) {
    return native.resolvePrivate(bytesOf(lease, at), start, length);
  }
  return lease.source.resolve((at & 2) === 0 ? lease.keyWindow : lease.valueWindow, start, length);
}

/** Adds this copy's `resolve`. Each copy of leasehold in the process adds its own. */
function register(): void {
  const known = Object.getOwnPropertyDescriptor(globalThis, RESOLVERS)?.value as unknown[] | undefined;
  if (known !== undefined) known.push(resolve);
  else Object.defineProperty(globalThis, RESOLVERS, { value: [resolve] });
}
register();
