import { FIELD_I32 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { readI32 } from '../record.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { integer } from './integer.ts';
import { scalarType } from './scalar-type.ts';

const scalar = integer('i32', 4, -(2 ** 31), FIELD_I32, (bytes, place) => readI32(bytes, place));

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 4);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readI32(valuesOf(record), place);
}

export const i32: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
