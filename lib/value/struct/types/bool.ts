import { invalidValue } from '../../../base/errors.ts';
import { FIELD_BOOL } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { FORM_BOOL } from '../field-form.ts';
import { type FieldText, notInferred } from '../field-text.ts';
import { wrongType } from '../path.ts';
import { malformed } from '../record.ts';
import { originOf, readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { type Scalar, scalarType } from './scalar-type.ts';

const text: FieldText = {
  toJson: String,
  toCell: String,
  fromJson: undefined,
  fromCell(value, path) {
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    throw invalidValue(`${path} must be true or false, not ${JSON.stringify(value)}`);
  },
  fromInferred(value, path) {
    if (value === 'true' || value === 'false') return value === 'true';
    throw notInferred(value, 'true or false', 'one of them', path);
  },
  holdsEmpty: false,
};

const scalar: Scalar<boolean> = {
  name: 'bool',
  size: 1,
  zero: () => false,
  read: readBool,
  write({ bytes }, _origin, place, value, path, step) {
    if (typeof value !== 'boolean') throw wrongType(path, step, 'a boolean', value);
    bytes[place] = value ? 1 : 0;
  },
  join: { kind: 'boolean', number: FIELD_BOOL },
  text,
  form: { kind: FORM_BOOL, least: 0, most: 1 },
};

function readBool(bytes: Uint8Array, place: number, origin: number): boolean {
  const byte = bytes[place] as number;
  if (byte > 1) throw malformed(`a bool of value ${byte}`, place - origin);
  return byte === 1;
}

function read(record: RecordPlace, end: number): boolean {
  const place = findField(record, end, 1);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readBool(valuesOf(record), place, originOf(leaseOf(record), atOf(record)));
}

export const bool: FieldType<boolean, boolean, boolean, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
);
