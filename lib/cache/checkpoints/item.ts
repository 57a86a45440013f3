import { hashBytes } from '../../lease/bytes.ts';
import type { Loaded, Tid } from '../../versions/engine/engine.ts';
import { tidOf, u32, writeU32, writeU64 } from '../state-record.ts';

/*
 * How a state lies in a shared cache (docs/format.md):
 *
 *   u32 checksum | u64 tid, whose highest bit says that the key is absent | the bytes of the value
 *
 * The checksum is that of the name of the item and of what stands behind it. A cache that gives damaged bytes, or the bytes of another item, gives nothing.
 */

const TID = 4;
export const ITEM_HEAD = 12;
const ABSENT = 0x80;

/** A state, as it is stored. */
export type ItemState = Pick<Loaded, 'tid' | 'bytes'>;

export function encodeItem(name: string, tid: Tid, bytes: Uint8Array | undefined): Uint8Array {
  const item = Buffer.allocUnsafe(ITEM_HEAD + (bytes?.length ?? 0));
  writeU64(item, TID, tid);
  if (bytes === undefined) item[TID] = (item[TID] as number) | ABSENT;
  else item.set(bytes, ITEM_HEAD);
  writeU32(item, 0, checksum(name, item));
  return item;
}

/** Undefined if it is damaged. The bytes that it gives are part of the item. */
export function decodeItem(name: string, item: Uint8Array): ItemState | undefined {
  if (item.length < ITEM_HEAD || u32(item, 0) !== checksum(name, item)) return undefined;
  const isAbsent = ((item[TID] as number) & ABSENT) !== 0;
  const tid = tidOf(item.subarray(TID));
  return { tid, bytes: isAbsent ? undefined : item.subarray(ITEM_HEAD) };
}

function checksum(name: string, item: Uint8Array): number {
  const text = Buffer.from(name, 'latin1');
  const ofName = hashBytes(text, 0, text.length);
  return (Math.imul(ofName, 31) ^ hashBytes(item, TID, item.length - TID)) >>> 0;
}
