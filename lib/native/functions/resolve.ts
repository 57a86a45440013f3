import type { Handle } from '../handles.ts';

/** Shows bytes to addons that include leasehold/lease.h. */
export interface ResolveFunctions {
  /** What an addon that includes leasehold/lease.h gets to see of bytes: an opaque object. */
  resolve(transaction: Handle, window: number, offset: number, length: number): object;
  resolveBlock(block: object, offset: number, length: number): object;
  resolvePrivate(bytes: Uint8Array, offset: number, length: number): object;
  /** Null for what is no Buffer on memory that a transaction lends. */
  resolveBuffer(bytes: Uint8Array): object | null;
}
