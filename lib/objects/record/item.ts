import { checkWriter, type Writer } from '../../base/writer.ts';
import { ID_BYTES } from '../../key/object-id.ts';
import { appendBytes, copyBytes } from '../../lease/bytes.ts';
import type { Lease } from '../../lease/lease.ts';
import { bytesOf, lengthOf, startOf } from '../../lease/sink.ts';
import type { ValueCodec } from '../../value/codec.ts';
import { objectText } from '../../value/object-text.ts';
import { acceptSame, ownValueCodec } from '../../value/own-codecs.ts';
import { decodePlain, writeReference } from './plain.ts';
import { countOf, writeOneReference, writeReferences } from './record.ts';

/*
 * The value of a row of a persistent collection: an encoded plain value (plain.ts), then the ids of the objects in it and their count, as at the end of
 * the record of an object.
 */

/** What is to be stored in a row: an encoded value, or the id of an object, which stands for a reference to it. */
export type ItemInput = EncodedItem | number;

export interface EncodedItem {
  readonly encoded: Uint8Array;
  readonly references: readonly number[];
}

/** Gives what `decodePlain` gives. */
export const itemValue: ValueCodec<ItemInput, unknown> = ownValueCodec({
  name: 'item',
  description: { custom: 'leasehold:item' },
  aims: false,
  ordered: false,
  objects: true,
  text: objectText,
  write(input: ItemInput, writer: Writer): undefined {
    checkWriter(writer);
    if (typeof input === 'number') {
      writeReference(writer, input);
      writeOneReference(writer, input);
      return undefined;
    }
    const { encoded, references } = input;
    appendBytes(writer, encoded, 0, encoded.length);
    writeReferences(writer, references);
  },
  view(lease: Lease, at: number): unknown {
    const bytes = bytesOf(lease, at);
    const start = startOf(lease, at, null);
    const length = lengthOf(lease, at, null);
    const count = countOf(bytes, start, length, 1);
    return decodePlain(copyBytes(bytes, start, length - count * ID_BYTES - 4));
  },
  accept: acceptSame({ custom: 'leasehold:item' }),
});
