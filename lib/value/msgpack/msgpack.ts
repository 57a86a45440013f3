import type { Writer } from '../../base/writer.ts';
import type { Lease } from '../../lease/lease.ts';
import { writeArray } from '../bytes.ts';
import type { ValueCodec } from '../codec.ts';
import { objectText } from '../object-text.ts';
import { acceptSame, ownValueCodec } from '../own-codecs.ts';
import { MsgpackBinding } from './binding.ts';
import { encodeAlone, view } from './coding.ts';
import { StructureDecoder } from './structures.ts';

let decoder: StructureDecoder | undefined;

/**
 * MessagePack, by the package msgpackr: what JSON can hold, and bigints, Dates, Maps, Sets, RegExps, Errors, bytes, typed
 * arrays and (inside a value) undefined. The database stores the property names of objects once for all records of the same
 * shape, and each record has a number in their place. Values are decoded when they are read. A value that it cannot hold (a function, a
 * symbol, undefined itself) is `ERR_INVALID_ARG_TYPE`, a cycle `ERR_INVALID_ARG_VALUE`.
 */
export const msgpack: ValueCodec<unknown, unknown> = ownValueCodec({
  name: 'msgpack',
  description: 'msgpack',
  aims: false,
  ordered: false,
  objects: true,
  text: objectText,
  write: (value: unknown, writer: Writer) => writeArray(writer, encodeAlone(value)),
  view(lease: Lease, at: number): unknown {
    decoder ??= new StructureDecoder([]);
    return view(decoder, lease, at);
  },
  accept: acceptSame('msgpack'),
  bind: () => new MsgpackBinding(),
});

/** `msgpack`, with a static type for its values. Nothing checks that what is stored has this type. */
export function msgpackOf<T>(): ValueCodec<T, T> {
  return msgpack as ValueCodec<T, T>;
}
