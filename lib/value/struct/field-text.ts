import { invalidValue } from '../../base/errors.ts';
import { parseJson } from '../../base/exact-json.ts';

/** Makes what a field takes of what stands in a file; `path` names it in errors. */
export type FromText = (value: unknown, path: string) => unknown;

/** How the values of a field's type stand in files: as JSON, and as a field of CSV. */
export interface FieldText {
  /** What the getter gives as JSON, of which `fromJson` makes the same value. An absent value is not given. */
  readonly toJson: (view: unknown) => string;
  /** The same as a field of CSV; of an absent value undefined. */
  readonly toCell: (view: unknown) => string | undefined;
  /** Undefined if the type takes a value of JSON as it is, or refuses it itself. */
  readonly fromJson: FromText | undefined;
  /** The same of a field of CSV, a text. */
  readonly fromCell: FromText | undefined;
  /** The same where `inferSchema` found the type; `fromCell` if undefined. */
  readonly fromInferred: FromText | undefined;
  /** Whether an empty field of CSV is a value: if not, it is an absent one. */
  readonly holdsEmpty: boolean;
}

/** The text form of a field that may be absent. */
export function optionalText(text: FieldText): FieldText {
  const { toJson, toCell, fromJson, fromCell, fromInferred, holdsEmpty } = text;
  return {
    toJson,
    toCell: (view) => (view === undefined ? undefined : toCell(view)),
    fromJson: (value, path) => (value === null ? undefined : fromJson === undefined ? value : fromJson(value, path)),
    // Whether an empty text is one, or absent, is for the reader to say.
    fromCell: holdsEmpty ? fromCell : orEmpty(fromCell),
    fromInferred: holdsEmpty ? fromInferred : orEmpty(fromInferred),
    holdsEmpty,
  };
}

function orEmpty(convert: FromText | undefined): FromText | undefined {
  return convert && ((value, path) => (value === '' ? undefined : convert(value, path)));
}

/** The text form of what has parts. */
export interface JsonText extends FieldText {
  readonly fromJson: FromText;
  readonly fromCell: FromText;
}

/** It is JSON, in a field of CSV too. */
export function jsonText(toJson: (view: unknown) => string, fromJson: FromText): JsonText {
  return {
    toJson,
    toCell: toJson,
    fromJson,
    fromCell: (value, path) => fromJson(parseCell(value as string, path), path),
    fromInferred: undefined,
    holdsEmpty: false,
  };
}

function parseCell(text: string, path: string): unknown {
  try {
    return parseJson(text, false);
  } catch (cause) {
    const { message } = cause as Error;
    throw invalidValue(cause instanceof SyntaxError ? `${path} must be JSON: ${message}` : `${path}: ${message}`);
  }
}

/** What to throw for a field of CSV that does not fit the type that was inferred from a sample. */
export function notInferred(value: unknown, what: string, fits: string, path: string): Error {
  return invalidValue(
    `${path} was inferred to be ${what}, and ${JSON.stringify(value)} is not ${fits}: give a schema, or infer it from a larger sample`,
  );
}
