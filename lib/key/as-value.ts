import { bytes } from '../value/bytes.ts';
import type { ValueCodec } from '../value/codec.ts';
import { acceptSame, ownValueCodec } from '../value/own-codecs.ts';
import { utf8 } from '../value/utf8.ts';
import { tuple } from './tuple.ts';
import { VALUE, writeTuple } from './tuple-write.ts';
import { uint32, writeUint32 } from './uint32.ts';

type AnyCodec = ValueCodec<never, unknown>;

const tupleValue: AnyCodec = ownValueCodec({
  name: 'tuple',
  description: 'tuple',
  aims: tuple.aims,
  write: (value, writer) => writeTuple(writer, value, VALUE),
  view: tuple.view,
  accept: acceptSame('tuple'),
} satisfies AnyCodec);

const uint32Value: AnyCodec = ownValueCodec({
  name: 'uint32',
  description: 'uint32',
  aims: uint32.aims,
  write: (value, writer) => writeUint32(writer, value, 'a uint32 value'),
  view: uint32.view,
  accept: acceptSame('uint32'),
} satisfies AnyCodec);

/** The value codec of what is a key codec alone, `tuple`, `tupleOf()` or `uint32`; undefined for anything else. */
export function keyCodecAsValue(given: unknown): AnyCodec | undefined {
  if (given === tuple) return tupleValue;
  return given === uint32 ? uint32Value : undefined;
}

/** The same, by the name that a database remembers. */
export function keyCodecAsValueNamed(name: unknown): AnyCodec | undefined {
  return keyCodecAsValue(name === tuple.name ? tuple : name === uint32.name ? uint32 : undefined);
}

/** Whether the order of the bytes that a value codec writes is the order of the values. */
export function keepsOrder(codec: AnyCodec): boolean {
  return codec === bytes || codec === utf8 || codec === tupleValue || codec === uint32Value;
}
