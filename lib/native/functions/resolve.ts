import type { SourceName } from '../handles.ts';

/** Lets addons that include leasehold/lease.h read the bytes of sinks. */
export interface ResolveFunctions {
  /** An opaque object in which another addon finds lent bytes and their source. */
  resolve(source: SourceName, window: number, offset: number, length: number): object;
  /** Such an object for bytes that no source lends. It keeps `bytes` alive. */
  resolvePrivate(bytes: Uint8Array, offset: number, length: number): object;
  /** Such an object for a leased Buffer; null if `bytes` is not a Buffer that a transaction has lent. */
  resolveBuffer(bytes: Uint8Array): object | null;
}
