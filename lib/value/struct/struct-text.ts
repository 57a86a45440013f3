import { invalidType } from '../../base/errors.ts';
import { type FromText, type JsonText, jsonText } from './field-text.ts';
import type { Field } from './schema.ts';

/** A record as an object of JSON; a field that is absent is no property of it. */
export function structText(fields: readonly Field[]): JsonText {
  const convert = recordConverter(fields, 'json');
  return jsonText(recordToJson(fields), (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidType(path, 'an object', value);
    }
    convert(value as Record<string, unknown>, path);
    return value;
  });
}

function recordToJson(fields: readonly Field[]): (view: unknown) => string {
  const writers = fields.map(({ name, type }): [name: string, label: string, write: (view: unknown) => string] => [
    name,
    `${JSON.stringify(name)}:`,
    type.text.toJson,
  ]);
  return (view) => {
    let text = '{';
    for (let i = 0; i < writers.length; i++) {
      const [name, label, write] = writers[i] as (typeof writers)[number];
      const value = (view as Record<string, unknown>)[name];
      if (value === undefined) continue;
      text += `${text.length > 1 ? ',' : ''}${label}${write(value)}`;
    }
    return `${text}}`;
  };
}

/**
 * Makes a struct's input of a record read from a file, in place. `from`: its fields are values of JSON, or texts as in CSV,
 * where an empty one is absent if it may be. `inferred`: the fields whose texts must be just what `inferSchema` takes for
 * a number, or for true or false.
 */
export function recordConverter(
  fields: readonly Field[],
  from: 'json' | 'text',
  inferred: readonly string[] = [],
): (record: Record<string, unknown>, path?: string) => void {
  const converted: { name: string; convert: FromText }[] = [];
  for (const { name, type } of fields) {
    const { fromJson, fromCell, fromInferred } = type.text;
    const fromText = (inferred.includes(name) ? fromInferred : undefined) ?? fromCell;
    const convert = from === 'text' ? fromText : fromJson;
    if (convert !== undefined) converted.push({ name, convert });
  }
  return (record, path = '') => {
    for (let i = 0; i < converted.length; i++) {
      const { name, convert } = converted[i] as (typeof converted)[number];
      const given = record[name];
      if (given === undefined || (name in Object.prototype && !Object.hasOwn(record, name))) continue;
      const made = convert(given, path === '' ? name : `${path}.${name}`);
      if (made !== given) record[name] = made;
    }
  };
}
