import type { SourceName } from '../handles.ts';

/** Shows bytes to addons that include leasehold/lease.h. */
export interface ResolveFunctions {
  /** An opaque object in which an addon that includes leasehold/lease.h finds the bytes and their source. */
  resolve(source: SourceName, window: number, offset: number, length: number): object;
  resolvePrivate(bytes: Uint8Array, offset: number, length: number): object;
  /** Null if `bytes` is not a Buffer that a transaction has lent. */
  resolveBuffer(bytes: Uint8Array): object | null;
}
