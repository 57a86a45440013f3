import { types } from 'node:util';
import { bytesToHex } from '../base/hex.ts';
import type { Opened } from './database.ts';

/**
 * A value in a form that JSON has: bytes in hexadecimal, dates in ISO 8601, bigints as numbers, or as decimal text where a number
 * is not exact, a Map as an object if its keys are strings, else as pairs.
 */
export function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : plainObject(value);
    default:
      return value;
  }
}

function plainObject(value: object): unknown {
  if (types.isUint8Array(value)) return bytesToHex(value, 0, value.length);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return plainMap(value);
  if (value instanceof Set) return [...value].map(plain);
  if (value instanceof RegExp || value instanceof Error) return String(value);
  if (value instanceof ArrayBuffer) return plainObject(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<unknown>)].map(plain);
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

function plainMap(map: Map<unknown, unknown>): unknown {
  const pairs = [...map].map(([name, part]): [unknown, unknown] => [name, plain(part)]);
  if (pairs.every(([name]) => typeof name === 'string')) return Object.fromEntries(pairs as [string, unknown][]);
  return pairs.map(([name, part]) => [plain(name), part]);
}

/** A collection's value in a form that JSON has. If fields are `named`, only these fields of a record. */
export function plainValue(value: unknown, { fields }: Pick<Opened, 'fields'>, named?: readonly string[]): unknown {
  const wanted = named ?? fields;
  if (wanted === undefined) return plain(value);
  const record = value instanceof Map ? Object.fromEntries(value) : value;
  if (typeof record !== 'object' || record === null) return plain(value);
  const shown: [name: string, value: unknown][] = [];
  for (const name of wanted) {
    // The fields of a view are getters on its prototype.
    const known = fields?.includes(name) === true || Object.hasOwn(record, name);
    const part = known ? (record as Record<string, unknown>)[name] : undefined;
    if (part !== undefined) shown.push([name, plain(part)]);
  }
  return Object.fromEntries(shown);
}
