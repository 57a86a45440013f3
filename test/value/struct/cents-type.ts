import { invalidValue } from '../../../lib/base/errors.ts';
import { FIELD_U32 } from '../../../lib/native/constants.ts';
import type { FieldType } from '../../../lib/value/struct/field-description.ts';
import type { FieldText } from '../../../lib/value/struct/field-text.ts';
import { wrongType } from '../../../lib/value/struct/path.ts';
import { readU32, writeU32 } from '../../../lib/value/struct/record.ts';
import { type Scalar, scalarType } from '../../../lib/value/struct/types/scalar-type.ts';

/*
 * A field type that leasehold does not have: an amount as a decimal text, `'12.34'`, stored as cents. Everything about the
 * type is in this file.
 */

const AMOUNT = /^(\d{1,7})\.(\d\d)$/;

function centsOf(value: unknown): number | undefined {
  const [, whole, cents] = (typeof value === 'string' && AMOUNT.exec(value)) || [];
  return whole === undefined ? undefined : 100 * Number(whole) + Number(cents);
}

function amountOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function check(value: unknown, path: string): unknown {
  if (centsOf(value) === undefined) throw invalidValue(`${path} must be an amount, as 12.34, not ${value}`);
  return value;
}

const text: FieldText = {
  toJson: (view) => `"${view}"`,
  toCell: (view) => view as string,
  fromJson: check,
  fromCell: check,
  fromInferred: undefined,
  holdsEmpty: false,
};

const scalar: Scalar<string> = {
  name: 'test-cents',
  size: 4,
  zero: () => '0.00',
  read: (bytes, place) => amountOf(readU32(bytes, place)),
  write({ bytes }, _origin, place, value, path, step) {
    const cents = centsOf(value);
    if (cents === undefined) throw wrongType(path, step, 'an amount, as 12.34', value);
    writeU32(bytes, place, cents);
  },
  join: { kind: 'number', number: FIELD_U32 },
  text,
  form: undefined,
};

export const cents: FieldType<string, string, string, false> = scalarType(scalar);
