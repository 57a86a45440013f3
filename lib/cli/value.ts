import { checkForJson, parseJson } from '../transfer/text/exact-json.ts';
import { recordConverter } from '../transfer/text/from-text.ts';
import { valueFromFile } from '../transfer/text/value-json.ts';
import type { Opened } from './database.ts';
import { FAULT, Failure, USAGE } from './failure.ts';
import { keyFrom } from './key.ts';

/** The value that the user has typed as JSON: bytes in hexadecimal, dates in ISO 8601. Errors (`ERR_INVALID_ARG_TYPE`, …) name the field. */
export function valueFrom(text: string, { name, schema, valueCodec, unread }: Opened): unknown {
  if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
  let json: unknown;
  try {
    // Where fields have types, integers are read exactly. Elsewhere they may be integers as a double prints them.
    json = parseJson(text, schema === undefined);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure(USAGE, `the value is not JSON: ${(error as Error).message}`);
  }
  if (valueCodec === 'tuple') return keyFrom(text, valueCodec, 'the value');
  if (valueCodec === 'json') checkForJson(json);
  if (schema === undefined) return valueFromFile(json, valueCodec, false);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Failure(USAGE, `a record of '${name}' must be a JSON object, not ${text}`);
  }
  recordConverter(schema, false)(json as Record<string, unknown>, 'value');
  return json;
}
