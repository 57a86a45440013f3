import { parseJson } from '../base/exact-json.ts';

/**
 * The form of a codec's values in files and on the command line. `path` is a value's name in errors, which are
 * `ERR_INVALID_ARG_TYPE` and `ERR_INVALID_ARG_VALUE`.
 */
export interface TextForm {
  /** A view as JSON, from which `fromJson` makes the same bytes. */
  readonly toJson: (view: unknown) => string;
  /** The value for `write`, from a parsed value of JSON. */
  readonly fromJson: (json: unknown, path: string) => unknown;
  /** A view as a field of CSV: a plain text, or JSON. */
  readonly toCell: (view: unknown) => string | undefined;
  readonly fromCell: (text: string, path: string) => unknown;
  /** How a user types it on the command line. If undefined: as JSON for `fromJson`. */
  readonly typed?: TypedForm;
  /** Called with a value of a file that `write` has refused. Throws if it knows a better reason. */
  readonly explain?: (value: unknown) => void;
}

/** How a user types a key, or a value in the form of a key. */
export interface TypedForm {
  /** What to type, with an example. */
  readonly wanted: string;
  /** The value for `write`, from a typed text; undefined for a text of another kind. */
  readonly from: (text: string) => unknown;
}

/** The text form of a key codec, whose keys can also be made of the fields of records. */
export interface KeyText extends TextForm {
  readonly typed: TypedForm;
  /**
   * The key for `write`, from the field `name` of a record. With `fromText`, the field is a text, as in CSV.
   */
  readonly fromField: (value: unknown, name: string, fromText: boolean) => unknown;
}

/** Parses JSON that a user has typed; undefined if it is not JSON. Integers are exact. */
export function typedJson(text: string): unknown {
  try {
    return parseJson(text, false);
  } catch {
    return undefined;
  }
}
