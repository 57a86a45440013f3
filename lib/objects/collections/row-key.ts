import { latin1Slice } from '../../base/platform.ts';
import { checkWriter, type Writer, writer } from '../../base/writer.ts';
import { ITEM_ENTRY, ItemKey } from '../../key/item-key.ts';
import { Key } from '../../key/key.ts';
import { appendBytes, copyBytes } from '../../lease/bytes.ts';
import { Lease, NO_VIEWS } from '../../lease/lease.ts';
import { Value } from '../../value/value.ts';

/** What a persistent collection has to know of the codec of its keys: a part of a KeyCodec. */
export interface RowKeyCodec {
  readonly name: string;
  readonly prefix: 'elements' | 'bytes' | 'none';
  write(key: never, writer: Writer): void;
  view(lease: Lease, at: number): unknown;
}

/** Keys that are bytes already. */
export const rawKey: RowKeyCodec = Object.freeze({
  name: 'raw',
  prefix: 'bytes',
  write(key: Uint8Array, to: Writer): void {
    checkWriter(to);
    appendBytes(to, key, 0, key.length);
  },
  view: () => undefined,
} satisfies RowKeyCodec);

/** Keys whose bytes stand in the writer already. */
export const writtenKey: RowKeyCodec = Object.freeze({
  name: 'written',
  prefix: 'bytes',
  write({ at, length }: { readonly at: number; readonly length: number }, to: Writer): void {
    checkWriter(to);
    appendBytes(to, to.bytes, at, length);
  },
  view: () => undefined,
} satisfies RowKeyCodec);

/** The bytes of a key. Throws what the codec throws. */
export function rawOf(codec: RowKeyCodec, key: unknown): Uint8Array {
  if (codec === rawKey) return key as Uint8Array;
  const start = writer.position;
  try {
    codec.write(key as never, writer);
    return copyBytes(writer.bytes, start, writer.position - start);
  } finally {
    writer.position = start;
  }
}

/** The bytes of a key as a text. */
export function textOf(raw: Uint8Array): string {
  return latin1Slice(raw, 0, raw.length);
}

/** The key that bytes stand for, as a program gets it: arrays for tuples, bytes as Uint8Array. */
export function keyOf(codec: RowKeyCodec, raw: Uint8Array): unknown {
  if (codec === rawKey) return raw;
  const view = codec.view(Lease.private(NO_VIEWS, raw, raw.length), 0);
  if (view instanceof Key) return view.toArray();
  return view instanceof Value ? new Uint8Array(view.toBuffer()) : view;
}

/** The key of the row of an entry. */
export function entryKey(owner: number, codec: RowKeyCodec, key: unknown): ItemKey {
  return new ItemKey(owner, ITEM_ENTRY, codec as never, key);
}
