import { invalidValue } from '../../base/errors.ts';
import { parseJson } from '../../base/exact-json.ts';

/** Converts a value of a file to one that the field takes. `path` is its name in errors. */
export type FromText = (value: unknown, path: string) => unknown;

/** The form of a field's values in files: as JSON, and as a field of CSV. */
export interface FieldText {
  /** A value as JSON, from which `fromJson` makes the same value. It is not called for an absent value. */
  readonly toJson: (view: unknown) => string;
  /** A value as a field of CSV; undefined for an absent value. */
  readonly toCell: (view: unknown) => string | undefined;
  /** Converts a value of JSON; undefined if the type takes or refuses values of JSON itself. */
  readonly fromJson: FromText | undefined;
  /** Converts a field of CSV, which is a text. */
  readonly fromCell: FromText | undefined;
  /** The same, if `inferSchema` has found the type. If undefined, `fromCell` is used. */
  readonly fromInferred: FromText | undefined;
  /** Whether an empty field of CSV is a value. If not, the field is absent. */
  readonly holdsEmpty: boolean;
}

/** The text form of an optional field. */
export function optionalText(text: FieldText): FieldText {
  const { toJson, toCell, fromJson, fromCell, fromInferred, holdsEmpty } = text;
  return {
    toJson,
    toCell: (view) => (view === undefined ? undefined : toCell(view)),
    fromJson: (value, path) => (value === null ? undefined : fromJson === undefined ? value : fromJson(value, path)),
    // The reader decides whether an empty text is a text or absent.
    fromCell: holdsEmpty ? fromCell : orEmpty(fromCell),
    fromInferred: holdsEmpty ? fromInferred : orEmpty(fromInferred),
    holdsEmpty,
  };
}

function orEmpty(convert: FromText | undefined): FromText | undefined {
  return convert && ((value, path) => (value === '' ? undefined : convert(value, path)));
}

/** The text form of a list or a struct. */
export interface JsonText extends FieldText {
  readonly fromJson: FromText;
  readonly fromCell: FromText;
}

/** Also in a field of CSV it is JSON. */
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

/** The error for a field of CSV that does not fit the type that was inferred from a sample. */
export function notInferred(value: unknown, what: string, fits: string, path: string): Error {
  return invalidValue(
    `${path} was inferred to be ${what}, and ${JSON.stringify(value)} is not ${fits}: give a schema, or infer it from a larger sample`,
  );
}
