import { FIELD_U8 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';

import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { integer } from './integer.ts';
import { scalarType } from './scalar-type.ts';

const scalar = integer('u8', 1, 0, FIELD_U8, (bytes, place) => bytes[place] as number);

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 1);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : (valuesOf(record)[place] as number);
}

export const u8: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
