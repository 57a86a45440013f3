import type { CollectionId, Handle } from '../handles.ts';

/** Looks keys up. */
export interface LookupFunctions {
  /**
   * Looks a key up in a read transaction: the number of its row in the transaction's point lease, or NOT_FOUND. With
   * NEEDS_LEASE, `lendFound` lends what was found to a new lease; with NEEDS_TABLE, a new table is needed before that.
   * PRIVATE_ROW: the value cannot be lent; `takePrivate` gets it, CONTROL_VALUE_LENGTH bytes.
   */
  get(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** Makes `lease` the transaction's point lease, and what `get` just found its row 0. */
  lendFound(transaction: Handle, lease: object): number;
  /**
   * Looks up the keys that lie one after the other from `keyOffset` on, `places[i]` bytes each, beginning with number
   * `start`; replaces each length by the number of its row in `lease`, MANY_ABSENT or MANY_PRIVATE. Gives the number of
   * the first key not looked up, because it needs another lease, or NEEDS_TABLE with that number in CONTROL_ROWS; that
   * key's offset is in CONTROL_KEY_LENGTH.
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
   * Looks a key up, in a transaction of either kind: the value's length, or NOT_FOUND. If the value fits into `io`
   * from `target` on, it is there now; if not, `takePrivate` gets it.
   */
  getPrivate(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    target: number,
  ): number;
  /** Copies what the private call just before found, key and then value, to `target`. */
  takePrivate(target: Uint8Array): true;
  has(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Whether a key has a value among its several, which is given as to `put`. */
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
   * A leased ArrayBuffer of exactly the value, null if the key is absent. Where nothing can be mapped it gives the value's
   * length, and needs to be called again with `memory` of that size, which is what it then gives.
   */
  getBuffer(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number | null;
  /** The same for bytes that the transaction has lent already. */
  lendBuffer(
    transaction: Handle,
    window: number,
    offset: number,
    length: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number;
}
