import { bytesToHex } from '../../base/hex.ts';
import type { StructDescription } from '../../value/struct/field-description.ts';
import type { Value } from '../../value/value.ts';
import type { TypeDescription } from './from-text.ts';
import { numberToJson } from './number-text.ts';

const { stringify } = JSON;

/** Writes what a field's getter gives as JSON. */
type WriteField = (value: unknown) => string;

/*
 * Fields as JSON, so that they are imported as what they were. Integers up to 32 bits, bool: as they are. f32, f64: the
 * shortest digits; -0; "NaN", "Infinity", "-Infinity". u64, i64: a number up to 2 ** 53, beyond that decimal digits as a
 * string. date: a string, ISO 8601 in UTC. bytes: a string of hexadecimal digits. list: an array, null where an element is
 * absent; struct: an object. Absent: no property.
 */
export function fieldWriter(type: TypeDescription): WriteField {
  if (typeof type === 'string') return writers[type] ?? stringify;
  if ('list' in type) return listWriter(type.list);
  return 'struct' in type ? structWriter(type) : fieldWriter(type.optional);
}

/** Makes what writes a struct's view as a JSON object. */
export function structWriter({ struct }: StructDescription): WriteField {
  const fields = struct.map(([name, type]): [name: string, label: string, write: WriteField] => [
    name,
    `${JSON.stringify(name)}:`,
    fieldWriter(type as TypeDescription),
  ]);
  return (view) => {
    let text = '{';
    for (let i = 0; i < fields.length; i++) {
      const [name, label, write] = fields[i] as (typeof fields)[number];
      const value = (view as Record<string, unknown>)[name];
      if (value === undefined) continue;
      text += `${text.length > 1 ? ',' : ''}${label}${write(value)}`;
    }
    return `${text}}`;
  };
}

/** An element that is absent is null. */
function listWriter(type: TypeDescription): WriteField {
  const write = fieldWriter(type);
  return (list) => {
    const { length } = list as ArrayLike<unknown>;
    const parts: string[] = [];
    for (let i = 0; i < length; i++) {
      const element = (list as { at(index: number): unknown }).at(i);
      parts.push(element === undefined ? 'null' : write(element));
    }
    return `[${parts.join()}]`;
  };
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
