import { isUint8Array } from '../base/primordials.ts';
import { native } from '../native/native.ts';
import { bytesOf, lengthOf, placeOf, startOf } from './sink.ts';

/** Where addons that include leasehold/lease.h look for functions that tell them of a sink's bytes. */
const RESOLVERS = 'leasehold:resolvers';

/**
 * An opaque object that tells an addon where a sink's bytes are, and who lends them; null for what is no sink of
 * this copy of leasehold. JavaScript can do nothing with it. `ERR_LEASE_EXPIRED`.
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

/** Each copy of leasehold in the process adds its own. */
function register(): void {
  const known = Object.getOwnPropertyDescriptor(globalThis, RESOLVERS)?.value as unknown[] | undefined;
  if (known !== undefined) known.push(resolve);
  else Object.defineProperty(globalThis, RESOLVERS, { value: [resolve] });
}
register();
