import { hexToBytes } from '../base/hex.ts';
import { parseJson } from '../transfer/text/exact-json.ts';
import { keyFromJson } from '../transfer/text/key-json.ts';
import { asUsage, Failure, USAGE } from './failure.ts';

const WANTED: { readonly [codec: string]: string } = {
  tuple: 'an array, as \'["FR", "Paris", 1]\'',
  utf8: 'a string, as \'"Paris"\'',
  uint32: 'a number, as 7',
  bytes: 'hexadecimal digits, as 00ff',
};

/**
 * The key that the user has typed: a JSON array for a tuple, a JSON string for `utf8`, a number for `uint32`, hexadecimal digits for
 * `bytes`, with or without quotes. `what` is its name in errors.
 */
export function keyFrom(text: string, codec: string, what: string = 'the key'): unknown {
  if (codec === 'bytes') {
    const bytes = hexToBytes(text);
    if (bytes !== undefined) return bytes;
  }
  let json: unknown;
  try {
    json = parseJson(text, false);
  } catch {
    throw refused(text, codec, what);
  }
  if (!fits(json, codec)) throw refused(text, codec, what);
  return asUsage(() => keyFromJson(codec === 'tuple' ? withIntegers(json) : json, codec));
}

/** An integer that was typed in digits is stored as an integer, however large it is. For a double there is {"double": …}. */
function withIntegers(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withIntegers);
  return Number.isInteger(json) && !Number.isSafeInteger(json) ? BigInt(json as number) : json;
}

function fits(json: unknown, codec: string): boolean {
  switch (codec) {
    case 'tuple':
      return typeof json === 'object' && json !== null;
    case 'uint32':
      return typeof json === 'number';
    default:
      return typeof json === 'string';
  }
}

function refused(text: string, codec: string, what: string): Failure {
  return new Failure(USAGE, `${what} must be ${WANTED[codec] ?? 'JSON'} (the codec is ${codec}), not ${text}`);
}
