import { readF32, writeF32 } from '../../../base/float.ts';
import { mathAbs, mathFround } from '../../../base/primordials.ts';
import { FIELD_F32 } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { FORM_FLOAT } from '../field-form.ts';
import { wrongRange, wrongType } from '../path.ts';
import { readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { floatText } from './number-form.ts';
import { type Scalar, scalarType } from './scalar-type.ts';

/** The largest that is finite. */
const MOST = 3.4028234663852886e38;

const scalar: Scalar<number> = {
  name: 'f32',
  size: 4,
  zero: () => 0,
  read: readF32,
  write({ bytes }, _origin, place, value, path, step) {
    if (typeof value !== 'number') throw wrongType(path, step, 'a number (f32)', value);
    const single = mathFround(value);
    if (mathAbs(single) === Infinity && mathAbs(value) !== Infinity) {
      throw wrongRange(path, step, 'within what 32 bits of float can hold', value);
    }
    writeF32(bytes, place, single);
  },
  join: { kind: 'number', number: FIELD_F32 },
  text: floatText,
  form: { kind: FORM_FLOAT, least: -MOST, most: MOST },
};

function read(record: RecordPlace, end: number): number {
  const place = findField(record, end, 4);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readF32(valuesOf(record), place);
}

export const f32: FieldType<number, number, number, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
