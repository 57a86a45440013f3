import { FIELD_U32 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { readU32 } from '../record.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { integer } from './integer.ts';
import { scalarType } from './scalar-type.ts';

const scalar = integer('u32', 4, 0, FIELD_U32, (bytes, place) => readU32(bytes, place));

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 4);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readU32(valuesOf(record), place);
}

export const u32: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
