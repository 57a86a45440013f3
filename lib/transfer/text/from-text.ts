import { invalidType, invalidValue } from '../../base/errors.ts';
import { hexToBytes } from '../../base/hex.ts';
import type { StructDescription } from '../../value/struct/field-description.ts';
import { dateOf } from './date-text.ts';
import { exactNumber, parseJson, printedDouble } from './exact-json.ts';
import { isWritten } from './number-text.ts';

/** Makes what a field takes of what stands in a file; `path` names it in errors. */
type Convert = (value: unknown, path: string) => unknown;

/** A decimal, as a program prints it. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

/** What JSON and CSV write of numbers that they have no other form for. */
const SPECIAL: { readonly [text: string]: number } = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/**
 * Makes a struct's input of a record read from a file, in place. `fromText`: every field is a text, as in CSV; an
 * empty one is absent where it may be. `inferred`: the fields whose texts
 * must be just what is inferred as a number, or as true or false.
 */
export function recordConverter(
  { struct }: StructDescription,
  fromText: boolean,
  inferred: readonly string[] = [],
): (record: Record<string, unknown>, path?: string) => void {
  const fields: { name: string; convert: Convert }[] = [];
  for (const [name, type] of struct) {
    const convert = converterOf(type as TypeDescription, fromText, inferred.includes(name));
    if (convert !== undefined) fields.push({ name, convert });
  }
  return (record, path = '') => {
    for (let i = 0; i < fields.length; i++) {
      const { name, convert } = fields[i] as (typeof fields)[number];
      const given = record[name];
      if (given === undefined || (name in Object.prototype && !Object.hasOwn(record, name))) continue;
      const made = convert(given, path === '' ? name : `${path}.${name}`);
      if (made !== given) record[name] = made;
    }
  };
}

/**
 * What the schema remembers of a field's type: a name, or `{ optional }`, `{ list }`, `{ struct }` of others.
 */
export type TypeDescription =
  | string
  | { readonly optional: TypeDescription }
  | { readonly list: TypeDescription }
  | StructDescription;

/** Undefined if what stands in the file is what the field takes, or is refused by it. */
function converterOf(type: TypeDescription, fromText: boolean, inferred: boolean): Convert | undefined {
  if (typeof type === 'string')
    return (inferred && fromText ? inferredConverters : fromText ? textConverters : jsonConverters)[type];
  if ('list' in type) return nested(listConverter(type.list), fromText);
  if ('struct' in type) return nested(structConverter(type), fromText);
  const inner = converterOf(type.optional, fromText, inferred);
  if (fromText) {
    // Whether an empty text is one, or absent, is for the reader to say.
    if (type.optional === 'utf8' || type.optional === 'bytes') return inner;
    return inner === undefined ? undefined : (value, path) => (value === '' ? undefined : inner(value, path));
  }
  return (value, path) => (value === null ? undefined : inner === undefined ? value : inner(value, path));
}

/** In a text, what has parts is JSON. */
function nested(convert: Convert, fromText: boolean): Convert {
  if (!fromText) return convert;
  return (value, path) => {
    let parsed: unknown;
    try {
      parsed = parseJson(value as string, false);
    } catch (cause) {
      const { message } = cause as Error;
      throw invalidValue(cause instanceof SyntaxError ? `${path} must be JSON: ${message}` : `${path}: ${message}`);
    }
    return convert(parsed, path);
  };
}

/** Makes a struct's input of a text that is the record's JSON. */
export function recordFromText(description: StructDescription): (text: unknown, path: string) => unknown {
  return nested(structConverter(description), true);
}

function listConverter(type: TypeDescription): Convert {
  const convert = converterOf(type, false, false);
  return (value, path) => {
    if (!Array.isArray(value)) throw invalidType(path, 'an array', value);
    return convert === undefined ? value : value.map((item, i) => convert(item, `${path}[${i}]`));
  };
}

function structConverter(description: StructDescription): Convert {
  const convert = recordConverter(description, false);
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalidType(path, 'an object', value);
    convert(value as Record<string, unknown>, path);
    return value;
  };
}

function float(value: unknown, path: string): unknown {
  if (typeof value === 'string' && Object.hasOwn(SPECIAL, value)) return SPECIAL[value];
  return typeof value === 'bigint' ? asDouble(value, path) : value;
}

/** The double that an integer's digits are printed from: any other is not what the file says. */
function asDouble(value: bigint, path: string): number {
  const number = printedDouble(value);
  if (number !== undefined) return number;
  throw invalidValue(`${path}: no double holds ${value} exactly; give the field the type u64 or i64`);
}

function long(value: unknown, path: string): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value !== 'string') return value;
  if (!INTEGER.test(value)) throw invalidValue(`${path} must be an integer, not ${JSON.stringify(value)}`);
  return BigInt(value);
}

function hex(value: unknown, path: string): unknown {
  if (typeof value !== 'string') throw invalidType(path, 'bytes in hexadecimal', value);
  const bytes = hexToBytes(value);
  if (bytes === undefined) throw invalidValue(`${path} must be bytes in hexadecimal, not ${JSON.stringify(value)}`);
  return bytes;
}

const jsonConverters: { readonly [type: string]: Convert | undefined } = {
  f32: float,
  f64: float,
  u64: long,
  i64: long,
  date: dateOf,
  bytes: hex,
};

function textToNumber(value: unknown, path: string): unknown {
  const text = value as string;
  if (Object.hasOwn(SPECIAL, text)) return SPECIAL[text];
  if (!DECIMAL.test(text)) throw invalidValue(`${path} must be a number, not ${JSON.stringify(text)}`);
  let number: number | bigint;
  try {
    number = exactNumber(text);
  } catch (cause) {
    throw invalidValue(`${path}: ${(cause as Error).message}`);
  }
  return typeof number === 'bigint' ? asDouble(number, path) : number;
}

function textToBool(value: unknown, path: string): unknown {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw invalidValue(`${path} must be true or false, not ${JSON.stringify(value)}`);
}

const textConverters: { readonly [type: string]: Convert | undefined } = {
  ...Object.fromEntries(['u8', 'u16', 'u32', 'i8', 'i16', 'i32', 'f32', 'f64'].map((name) => [name, textToNumber])),
  u64: long,
  i64: long,
  bool: textToBool,
  date: dateOf,
  bytes: hex,
};

/** What a column of numbers, or of true and false, is made of by `inferSchema`: '007' and '1e3' would have made it one of texts. */
const inferredConverters: { readonly [type: string]: Convert | undefined } = {
  ...textConverters,
  f64: (value, path) => {
    if (isWritten(value as string)) return Number(value);
    throw notInferred(value, 'a number', 'written as one', path);
  },
  bool: (value, path) => {
    if (value === 'true' || value === 'false') return value === 'true';
    throw notInferred(value, 'true or false', 'one of them', path);
  },
};

function notInferred(value: unknown, what: string, fits: string, path: string): Error {
  return invalidValue(
    `${path} was inferred to be ${what}, and ${JSON.stringify(value)} is not ${fits}: give a schema, or infer it from a larger sample`,
  );
}
