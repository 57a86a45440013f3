import { LeaseholdError } from '../base/errors.ts';
import { inspectAsName } from '../base/inspect.ts';
import { checkWriter, type Writer } from '../base/writer.ts';
import { copyBytes } from '../lease/bytes.ts';
import type { Lease } from '../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../lease/sink.ts';
import { ON_KEY_BYTES } from '../native/constants.ts';
import { bytes } from '../value/bytes.ts';
import type { KeyCodec } from './codec.ts';
import { ID_BYTES, idAt, writeId } from './object-id.ts';

/** The key of a row of a persistent collection: the collection's id, which kind of row it is, and a key of its own in the codec of that collection. */
export class ItemKey {
  readonly owner: number;
  /** ITEM_… */
  readonly kind: number;
  readonly codec: KeyCodec<never, unknown> | undefined;
  readonly key: unknown;

  constructor(owner: number, kind: number, codec?: KeyCodec<never, unknown>, key?: unknown) {
    this.owner = owner;
    this.kind = kind;
    this.codec = codec;
    this.key = key;
  }
}

/** How many entries a collection has, or what a counter counts. */
export const ITEM_COUNT = 0;
/** An entry. */
export const ITEM_ENTRY = 1;
/** Behind all entries. */
export const ITEM_END = 2;

/** The bytes before a row's own key. */
export const ITEM_PREFIX_BYTES: number = ID_BYTES + 1;

/** What a read gives for such a key: its parts, with the bytes of the key of its own copied. */
export interface ItemKeyView {
  readonly owner: number;
  readonly kind: number;
  /** The bytes of the key of its own, copied. */
  readonly own: Uint8Array;
}

class ReadItemKey implements ItemKeyView {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get owner(): number {
    return idAt(this.#bytes, 0);
  }

  get kind(): number {
    return this.#bytes[ID_BYTES] as number;
  }

  get own(): Uint8Array {
    return copyBytes(this.#bytes, ITEM_PREFIX_BYTES, this.#bytes.length - ITEM_PREFIX_BYTES);
  }
}

export const itemKey: KeyCodec<ItemKey, ItemKeyView> = Object.freeze(
  inspectAsName({
    name: 'item',
    prefix: 'bytes',
    aims: false,
    text: bytes.text,
    join: { kind: 'bytes', number: ON_KEY_BYTES },
    write({ owner, kind, codec, key }: ItemKey, writer: Writer): void {
      checkWriter(writer);
      writeId(owner, writer);
      writer.reserve(1);
      writer.bytes[writer.position++] = kind;
      codec?.write(key as never, writer);
    },
    view(lease: Lease, at: number): ItemKeyView {
      const length = lengthOf(lease, at, null);
      if (length < ITEM_PREFIX_BYTES) {
        throw new LeaseholdError('ERR_CODEC', `the key is no key of a row: it has ${length} bytes`);
      }
      return new ReadItemKey(copyBytes(bytesOf(lease, at), startOf(lease, at, null), length));
    },
  } satisfies KeyCodec<ItemKey, ItemKeyView>),
);
