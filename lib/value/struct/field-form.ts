/** How the values of a type lie in a record. */
export const FORM_INTEGER = 0;
export const FORM_LONG = 1;
export const FORM_DOUBLE = 2;
export const FORM_FLOAT = 3;
export const FORM_BOOL = 4;
export const FORM_TEXT = 5;
export const FORM_DATE = 6;

export type FormKind =
  | typeof FORM_INTEGER
  | typeof FORM_LONG
  | typeof FORM_DOUBLE
  | typeof FORM_FLOAT
  | typeof FORM_BOOL
  | typeof FORM_TEXT
  | typeof FORM_DATE;

/**
 * What is to be known of a type so that its values can be written without a call of its `write`: straight from a line of JSON (JsonLineWriter), or by
 * code that is made for a schema (record-code.ts).
 */
export interface FieldForm {
  readonly kind: FormKind;
  /** Of a number, or of a bool as 0 or 1. */
  readonly least: number;
  readonly most: number;
}
