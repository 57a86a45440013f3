import { bytesToHex } from '../../../base/hex.ts';
import type { Writer } from '../../../base/writer.ts';
import { type Place, type Sink, toBytes } from '../../../lease/sink.ts';
import { FIELD_BYTES } from '../../../native/constants.ts';
import { appendBytesOf } from '../../bytes.ts';
import { bytesFromHex, hexOfValue } from '../../hex-text.ts';
import { emptyValue, placeOfValue, Value } from '../../value.ts';
import type { FieldType } from '../field-description.ts';
import type { FieldText } from '../field-text.ts';
import { type Path, wrongType } from '../path.ts';
import { writePart } from '../record.ts';
import { readSpan } from '../record-field.ts';
import { variableType } from './variable-type.ts';

/** Hexadecimal digits. */
const text: FieldText = {
  toJson: (view) => `"${hexOfValue(view)}"`,
  toCell: hexOfValue,
  fromJson: bytesFromHex,
  fromCell: bytesFromHex,
  fromInferred: undefined,
  holdsEmpty: true,
};

function write(writer: Writer, origin: number, place: number, value: unknown, path: Path, step: string | number): void {
  const from = writer.position;
  if (!appendBytesOf(writer, value)) throw wrongType(path, step, 'a Uint8Array, a Value or a Key', value);
  writePart(writer.bytes, place, from - origin, writer.position - from);
}

/** In an ArrayBuffer of its own, unlike a small Buffer: who is given a Uint8Array may use its `buffer`. */
function privateBytes(value: unknown): Uint8Array<ArrayBuffer> {
  const { lease, at, span } = placeOfValue(value as Value) as Place;
  return toBytes(lease, at, span);
}

export const bytes: FieldType<Uint8Array | Sink, Value, Uint8Array, false> = variableType<
  Uint8Array | Sink,
  Value,
  Uint8Array
>({
  description: 'bytes',
  depth: 0,
  write,
  read(lease, at, span, place, partsFrom) {
    const own = readSpan(lease, at, span, place, partsFrom);
    return own === undefined ? undefined : new Value(lease, at, own);
  },
  zero: emptyValue,
  plain: privateBytes,
  json: (value) => bytesToHex(privateBytes(value), 0, (value as Value).byteLength),
  join: { kind: 'bytes', number: FIELD_BYTES },
  text,
  form: undefined,
});
