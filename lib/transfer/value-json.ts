import { invalidType } from '../errors.ts';
import { hexToBytes } from '../hex.ts';

/** A value that stands beside its key in a file, as the codec takes it: bytes in hexadecimal; from CSV, JSON for `json`. */
export function valueFromFile(value: unknown, codec: string, fromText: boolean): unknown {
  if (codec === 'bytes') {
    const bytes = typeof value === 'string' ? hexToBytes(value) : undefined;
    if (bytes === undefined) throw invalidType('value', 'bytes in hexadecimal', value);
    return bytes;
  }
  return fromText && codec !== 'utf8' ? JSON.parse(value as string) : value;
}
