import { FIELD_I16 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { readU16 } from '../record.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { integer } from './integer.ts';
import { scalarType } from './scalar-type.ts';

const scalar = integer('i16', 2, -(2 ** 15), FIELD_I16, (bytes, place) => (readU16(bytes, place) << 16) >> 16);

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 2);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : (readU16(valuesOf(record), place) << 16) >> 16;
}

export const i16: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
