import type { CollectionId, Handle, SourceName } from '../handles.ts';

/** Looks keys up. */
export interface LookupFunctions {
  /**
   * Looks a key up in a read transaction. Returns the number of its row in the transaction's point lease, or NOT_FOUND. After
   * NEEDS_LEASE, `lendFound` must lend the value to a new lease. After NEEDS_TABLE, a new table is needed before that.
   * PRIVATE_ROW means that the value cannot be lent: `takePrivate` copies it, CONTROL_VALUE_LENGTH bytes.
   */
  get(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): number;
  /** Makes `lease` the transaction's point lease. Its row 0 is the value that `get` has just found. */
  lendFound(transaction: Handle, lease: object): number;
  /**
   * Looks up several keys, which follow each other from `keyOffset` on. Key number `i` has `places[i]` bytes; the first one is number
   * `start`. Replaces each length by the number of the key's row in `lease`, MANY_ABSENT or MANY_PRIVATE. When the lease is full, returns
   * the number of the next key, or NEEDS_TABLE with that number in CONTROL_ROWS; CONTROL_KEY_LENGTH has that key's offset.
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
   * Looks a key up in a transaction of either kind. Returns the value's length, or NOT_FOUND. If the value fits into `io`
   * from `target` on, it has been copied there. If not, `takePrivate` copies it.
   */
  getPrivate(
    transaction: Handle,
    collection: CollectionId,
    keyOffset: number,
    keyLength: number,
    target: number,
  ): number;
  /** Copies what the private call just before has found to `target`: the key, then the value. */
  takePrivate(target: Uint8Array): true;
  has(transaction: Handle, collection: CollectionId, keyOffset: number, keyLength: number): boolean;
  /** Whether a key has this value among its several. The value is given as in `put`. */
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
  /** The same for bytes that the transaction has lent already. */
  lendBuffer(
    transaction: Handle,
    window: number,
    offset: number,
    length: number,
    memory?: ArrayBuffer,
  ): ArrayBuffer | number;
  /** Has an ArrayBuffer with a copy of what a source lent detached along with that, if what it lent expires. */
  lendCopy(source: SourceName, buffer: ArrayBuffer): true;
}
