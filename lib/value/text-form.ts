import { parseJson } from '../base/exact-json.ts';

/**
 * How what a codec reads and writes stands in files and behind a command. `path` names it in errors, which are
 * `ERR_INVALID_ARG_TYPE` and `ERR_INVALID_ARG_VALUE`.
 */
export interface TextForm {
  /** What `view` gives as JSON, of which `fromJson` makes the same bytes. */
  readonly toJson: (view: unknown) => string;
  /** What `write` takes, of a parsed value of JSON. */
  readonly fromJson: (json: unknown, path: string) => unknown;
  /** The same as a field of CSV: a text by itself, or JSON. */
  readonly toCell: (view: unknown) => string | undefined;
  readonly fromCell: (text: string, path: string) => unknown;
  /** How it is typed behind a command; as JSON of which `fromJson` makes it, if undefined. */
  readonly typed?: TypedForm;
  /** Called with what `write` has refused, of a file: throws if there is a better reason. */
  readonly explain?: (value: unknown) => void;
}

/** How a key, or what can be one, is typed. */
export interface TypedForm {
  /** What is to be typed, with an example. */
  readonly wanted: string;
  /** What `write` takes, of a typed text; undefined for another than is wanted. */
  readonly from: (text: string) => unknown;
}

/** The text form of a codec whose keys are put into files, and made of the fields of records. */
export interface KeyText extends TextForm {
  readonly typed: TypedForm;
  /**
   * What `write` takes, of the field `name` of a record of which keys are made. `fromText`: the field is a text, as in CSV.
   */
  readonly fromField: (value: unknown, name: string, fromText: boolean) => unknown;
}

/** The value of JSON that was typed; undefined for a text that is none. Integers are exact. */
export function typedJson(text: string): unknown {
  try {
    return parseJson(text, false);
  } catch {
    return undefined;
  }
}
