import { invalidValue } from '../base/errors.ts';
import { parseJson } from '../base/exact-json.ts';

/** The JSON that stands in a field of CSV for a key, or for a value of a key's form. `ERR_INVALID_ARG_VALUE`. */
export function keyCell(text: string, path: string, codec: string): unknown {
  try {
    return parseJson(text, false);
  } catch (cause) {
    throw invalidValue(
      `the ${path} ${text} is not JSON (the codec of the ${path}s is ${codec}): ${(cause as Error).message}`,
    );
  }
}
