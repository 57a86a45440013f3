import { invalidType, invalidValue } from '../base/errors.ts';
import { hexToBytes } from '../base/hex.ts';
import { isUint8Array, typedArrayLength } from '../base/primordials.ts';
import { checkWriter, type Foreign, type Writer } from '../base/writer.ts';
import { appendBytes } from '../lease/bytes.ts';
import { bytesOf, lengthOf, placeOf, type Sink, startOf } from '../lease/sink.ts';
import { ON_KEY_BYTES } from '../native/constants.ts';
import type { OrderedCodec } from './codec.ts';
import { bytesFromHex, hexOfValue } from './hex-text.ts';
import { acceptSame, ownValueCodec } from './own-codecs.ts';
import { type KeyText, typedJson } from './text-form.ts';
import { Value } from './value.ts';

/** From this size on, native code reads a Uint8Array where it lies, which is cheaper than copying it into the writer. */
const FOREIGN_LENGTH = 1024;

/** Hexadecimal digits. */
const bytesText: KeyText = {
  toJson: (view) => `"${hexOfValue(view)}"`,
  fromJson: bytesFromHex,
  toCell: hexOfValue,
  fromCell: bytesFromHex,
  typed: {
    wanted: 'hexadecimal digits, as 00ff',
    from(text) {
      const json = hexToBytes(text) ?? typedJson(text);
      return typeof json === 'string' ? hexToBytes(json) : isUint8Array(json) ? json : undefined;
    },
  },
  fromField(value, name) {
    if (typeof value !== 'string') return value;
    const bytes = hexToBytes(value);
    if (bytes !== undefined) return bytes;
    throw invalidValue(`${name}, of which the key is made, must be bytes in hexadecimal, not ${JSON.stringify(value)}`);
  },
};

/**
 * Bytes as they are. Takes a Uint8Array (a Buffer included) or any sink, gives a Value. As a key codec too, in the
 * order of the bytes.
 */
export const bytes: OrderedCodec<Uint8Array | Sink, Value> = ownValueCodec({
  name: 'bytes',
  description: 'bytes',
  prefix: 'bytes',
  aims: true,
  ordered: true,
  objects: false,
  text: bytesText,
  join: { kind: 'bytes', number: ON_KEY_BYTES },
  write: (value, writer) => (isUint8Array(value) ? writeArray(writer, value) : writeBytes(writer, value, 'value')),
  view: (lease, at) => new Value(lease, at, null),
  accept: acceptSame('bytes'),
});

/** Appends an array's bytes. If they are many, does not copy them, and returns where they are. */
export function writeArray(writer: Writer, value: Uint8Array): Foreign | undefined {
  const length = typedArrayLength(value);
  if (length >= FOREIGN_LENGTH) return { bytes: value, offset: 0, length };
  appendBytes(writer, value, 0, length);
  return undefined;
}

/** Appends the bytes of a Uint8Array or a sink; `ERR_INVALID_ARG_TYPE` for anything else. */
export function writeBytes(writer: Writer, value: unknown, path: string): undefined {
  if (!appendBytesOf(writer, value)) throw invalidType(path, 'a Uint8Array, a Value or a Key', value);
}

/**
 * Appends the bytes of a Uint8Array or a sink; returns false for anything else. A sink is always copied, since its memory may be gone
 * when native code reads it.
 */
export function appendBytesOf(writer: Writer, value: unknown): boolean {
  checkWriter(writer);
  if (isUint8Array(value)) {
    appendBytes(writer, value, 0, typedArrayLength(value));
    return true;
  }
  const place = placeOf(value);
  if (place === undefined) return false;
  const { lease, at, span } = place;
  appendBytes(writer, bytesOf(lease, at), startOf(lease, at, span), lengthOf(lease, at, span));
  return true;
}
