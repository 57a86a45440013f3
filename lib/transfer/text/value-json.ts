import { invalidType } from '../../base/errors.ts';
import { hexToBytes } from '../../base/hex.ts';
import { parseJson } from './exact-json.ts';
import { keyFromJson } from './key-json.ts';

/** A value that stands beside its key in a file, as the codec takes it: bytes in hexadecimal; in CSV, JSON for all but those and `utf8`. */
export function valueFromFile(value: unknown, codec: string, fromText: boolean): unknown {
  if (codec === 'bytes') {
    const bytes = typeof value === 'string' ? hexToBytes(value) : undefined;
    if (bytes === undefined) throw invalidType('value', 'bytes in hexadecimal', value);
    return bytes;
  }
  if (codec === 'utf8') return value;
  const json = fromText ? parseJson(value as string, true) : value;
  return codec === 'tuple' ? keyFromJson(json, codec) : json;
}
