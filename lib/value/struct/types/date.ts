import { dateOf } from '../../../base/date-text.ts';
import { readF64, writeF64 } from '../../../base/float.ts';
import { dateGetTime, isInteger, isNotANumber, mathAbs, PrimordialDate } from '../../../base/primordials.ts';
import { FIELD_DATE } from '../../../native/constants.ts';
import type { FieldType } from '../field-description.ts';
import { FORM_DATE } from '../field-form.ts';
import type { FieldText } from '../field-text.ts';
import { wrongRange, wrongType } from '../path.ts';
import { malformed } from '../record.ts';
import { originOf, readOther } from '../record-field.ts';
import { atOf, findField, leaseOf, PLACE, type Placed, type RecordPlace, spanOf, valuesOf } from '../record-place.ts';
import { type Scalar, scalarType } from './scalar-type.ts';

/** The most milliseconds that a Date can be away from its epoch. */
const LARGEST_TIME = 8.64e15;

/** ISO 8601 in UTC. */
const text: FieldText = {
  toJson: (view) => `"${(view as Date).toISOString()}"`,
  toCell: (view) => (view as Date).toISOString(),
  fromJson: dateOf,
  fromCell: dateOf,
  fromInferred: undefined,
  holdsEmpty: false,
};

/** The milliseconds since 1970, as a double. */
const scalar: Scalar<Date> = {
  name: 'date',
  size: 8,
  zero: () => new PrimordialDate(0),
  read: readDate,
  write({ bytes }, _origin, place, value, path, step) {
    const time = timeOf(value);
    if (time === undefined) throw wrongType(path, step, 'a Date', value);
    if (isNotANumber(time)) throw wrongRange(path, step, 'a valid Date', time);
    writeF64(bytes, place, time);
  },
  join: { kind: 'date', number: FIELD_DATE },
  text,
  form: { kind: FORM_DATE, least: -LARGEST_TIME, most: LARGEST_TIME },
};

/** A Date's time, whatever its prototype says; undefined for anything else. */
function timeOf(value: unknown): number | undefined {
  try {
    return dateGetTime(value);
  } catch {
    return undefined;
  }
}

function readDate(bytes: Uint8Array, place: number, origin: number): Date {
  const time = readF64(bytes, place);
  if (!isInteger(time) || mathAbs(time) > LARGEST_TIME) throw malformed(`a date of ${time} ms`, place - origin);
  return new PrimordialDate(time);
}

function read(record: RecordPlace, end: number): Date {
  const place = findField(record, end, 8);
  return place < 0
    ? readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end)
    : readDate(valuesOf(record), place, originOf(leaseOf(record), atOf(record)));
}

export const date: FieldType<Date, Date, Date, false> = scalarType(
  scalar,
  (end) =>
    function (this: Placed) {
      return read(this[PLACE], end);
    },
  (value) => (value as Date).toISOString(),
);
