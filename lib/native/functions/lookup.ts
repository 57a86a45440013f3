import type { CollectionId, Handle, SourceName } from '../handles.ts';

/** Looks keys up. */
export interface LookupFunctions {
  /**
   * Looks a key up in a read transaction. Returns the number of the value's row in the transaction's point lease, or NOT_FOUND. NEEDS_LEASE
   * means that `lendFound` must be called with a new lease. NEEDS_TABLE means the same, but with a new table first. PRIVATE_ROW means that
   * the value cannot be lent, and that `takePrivate` must copy its CONTROL_VALUE_LENGTH bytes.
   */
  get(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** Makes `lease` the transaction's point lease, and lends it the value that `get` has just found, as row 0. */
  lendFound(transaction: Handle, lease: object): number;
  /**
   * Looks up several keys, from number `start` on. They are one after the other in `io`, from `keyOffset` on, and key number `i` has
   * `places[i]` bytes. Replaces each length by the number of the value's row in `lease`, by MANY_ABSENT or by MANY_PRIVATE.
   *
   * Returns the number of the next key, which is less than their count if the lease is full. If the table is full, returns NEEDS_TABLE, with
   * the number of the next key in CONTROL_ROWS. In both cases CONTROL_KEY_LENGTH has the offset of the next key.
   */
  getMany(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    places: Uint32Array,
    start: number,
    lease: object,
  ): number;
  /**
   * Looks a key up in a transaction of either kind. Returns the length of the value, or NOT_FOUND. Copies the value to `io` from `target` on
   * if there is room for it. If not, `takePrivate` must copy it.
   */
  getPrivate(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    target: number,
  ): number;
  /** Copies the key and then the value that the call just before has found to `target`, which must have exactly their size. */
  takePrivate(target: Uint8Array): true;
  has(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** The number of the commit that wrote a key's value, 0 if the key is absent. The collection must have versions. */
  version(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** Whether a key has this value, among several. The value is given as in `change`. */
  hasPair(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    bytes: Uint8Array | undefined,
    valueOffset: number,
    valueLength: number,
  ): boolean;
  /**
   * A leased ArrayBuffer of exactly the value; null if the key is absent. If the value cannot be mapped, returns the value's
   * length. Then call it again with `memory` of that size, which it fills and returns.
   */
  getBuffer(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number | null;
  /** A leased ArrayBuffer, as by `getBuffer`, of bytes that the transaction has already lent. */
  lendBuffer(
    transaction: Handle,
    window: number,
    offset: number,
    length: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number;
  /** Adds an ArrayBuffer with a copy of lent bytes to a source. If leases of the source expire, the ArrayBuffer will be detached with them. */
  lendCopy(source: SourceName, buffer: ArrayBuffer): true;
}
