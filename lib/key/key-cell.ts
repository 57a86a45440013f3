import { invalidValue } from '../base/errors.ts';
import { parseJson } from '../base/exact-json.ts';

/** Parses the JSON of a key, or of a value in a key's form, in a field of CSV. `ERR_INVALID_ARG_VALUE`. */
export function keyCell(text: string, path: string, codec: string): unknown {
  try {
    return parseJson(text, false);
  } catch (cause) {
    throw invalidValue(
      `the ${path} ${text} is not JSON (the codec of the ${path}s is ${codec}): ${(cause as Error).message}`,
    );
  }
}
