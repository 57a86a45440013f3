import { recordConverter } from '../transfer/convert.ts';
import { parseExactly } from '../transfer/exact-json.ts';
import { valueFromFile } from '../transfer/value-json.ts';
import type { Opened } from './database.ts';
import { Failure, FAULT, USAGE } from './failure.ts';
import { keyFrom } from './key.ts';

/** The value that was typed as JSON: bytes in hexadecimal, dates in ISO 8601. `ERR_INVALID_ARG_TYPE`, … name the field. */
export function valueFrom(text: string, { name, schema, valueCodec, unread }: Opened): unknown {
  if (unread !== undefined) throw new Failure(FAULT, `ERR_CODEC: ${unread}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Failure(USAGE, `the value is not JSON: ${(error as Error).message}`);
  }
  if (valueCodec === 'tuple') return keyFrom(text, valueCodec, 'the value');
  if (schema === undefined) return valueFromFile(json, valueCodec, false);
  const record = parseExactly(text, true);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new Failure(USAGE, `a record of '${name}' must be a JSON object, not ${text}`);
  }
  recordConverter(schema, false)(record as Record<string, unknown>, 'value');
  return record;
}
