import { parseJson } from '../base/exact-json.ts';
import type { Opened } from './database.ts';
import { FAULT, Failure, USAGE } from './failure.ts';
import { keyFrom } from './typed-key.ts';

/**
 * The value that the user has typed, in the form of its codec: most are JSON. Errors (`ERR_INVALID_ARG_TYPE`, …) name the
 * field.
 */
export function valueFrom(
  text: string,
  { name, schema, value, unread }: Pick<Opened, 'name' | 'schema' | 'value' | 'unread'>,
): unknown {
  if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
  const { typed } = value.text;
  if (typed !== undefined) return keyFrom(text, { name: value.name, text: { typed } }, 'the value');
  let json: unknown;
  try {
    // Where fields have types, integers are read exactly. Elsewhere they may be integers as a double prints them.
    json = parseJson(text, schema === undefined);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure(USAGE, `the value is not JSON: ${(error as Error).message}`);
  }
  if (schema !== undefined && (typeof json !== 'object' || json === null || Array.isArray(json))) {
    throw new Failure(USAGE, `a record of '${name}' must be a JSON object, not ${text}`);
  }
  value.text.explain?.(json);
  return value.text.fromJson(json, 'value');
}
