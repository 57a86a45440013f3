import { bytesToHex } from '../hex.ts';
import type { FieldDescription } from '../value/field-type.ts';
import type { Value } from '../value/value.ts';
import { numberToJson } from './number-text.ts';

const { stringify } = JSON;

/** Writes what a field's getter gives as JSON. */
export type WriteField = (value: unknown) => string;

/*
 * Fields as JSON, so that they are imported as what they were. Integers up to 32 bits, bool: as they are. f32, f64: the
 * shortest digits; -0; "NaN", "Infinity", "-Infinity". u64, i64: a number up to 2 ** 53, beyond that decimal digits as a
 * string. date: a string, ISO 8601 in UTC. bytes: a string of hexadecimal digits. Absent: no property.
 */
export function fieldWriter(type: FieldDescription): WriteField {
  if (typeof type !== 'string') return fieldWriter(type.optional);
  return writers[type] ?? stringify;
}

function long(value: unknown): string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? String(number) : `"${value}"`;
}

const writers: { readonly [type: string]: WriteField } = {
  f32: (value) => numberToJson(value as number),
  f64: (value) => numberToJson(value as number),
  u64: long,
  i64: long,
  date: (value) => `"${(value as Date).toISOString()}"`,
  bytes: (value) => {
    const bytes = (value as Value).toBuffer();
    return `"${bytesToHex(bytes, 0, bytes.length)}"`;
  },
};
