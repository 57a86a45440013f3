import { PrimordialBigInt } from '../../../base/primordials.ts';
import { FIELD_I64 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { readI32, readU32 } from '../record.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { longInteger, numberOrText } from './long-integer.ts';
import { scalarType } from './scalar-type.ts';

const scalar = longInteger('i64', -(2n ** 63n), FIELD_I64, readI64);

function readI64(bytes: Uint8Array, place: number): bigint {
  return (PrimordialBigInt(readI32(bytes, place + 4)) << 32n) | PrimordialBigInt(readU32(bytes, place));
}

function read(record: RecordPlace, end: number): bigint {
  const place = findField(record, end, 8);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readI64(valuesOf(record), place);
}

export const i64: FieldType<bigint, bigint, bigint, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
  numberOrText,
);
