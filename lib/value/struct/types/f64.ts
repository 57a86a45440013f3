import { readF64, writeF64 } from '../../../base/float.ts';
import { FIELD_F64 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { FORM_DOUBLE } from '../field-form.ts';
import { wrongType } from '../path.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { floatText } from './number-form.ts';
import { type Scalar, scalarType } from './scalar-type.ts';

const scalar: Scalar<number> = {
  name: 'f64',
  size: 8,
  zero: () => 0,
  read: readF64,
  write({ bytes }, _origin, place, value, path, step) {
    if (typeof value !== 'number') throw wrongType(path, step, 'a number (f64)', value);
    writeF64(bytes, place, value);
  },
  join: { kind: 'number', number: FIELD_F64 },
  text: floatText,
  form: { kind: FORM_DOUBLE, least: -Number.MAX_VALUE, most: Number.MAX_VALUE },
};

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 8);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readF64(valuesOf(record), place);
}

export const f64: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
