/** How a value that is written straight from a line of JSON lies in the record. */
export const LINE_INTEGER = 0;
export const LINE_LONG = 1;
export const LINE_DOUBLE = 2;
export const LINE_FLOAT = 3;
export const LINE_BOOL = 4;
export const LINE_TEXT = 5;

export type LineKind =
  | typeof LINE_INTEGER
  | typeof LINE_LONG
  | typeof LINE_DOUBLE
  | typeof LINE_FLOAT
  | typeof LINE_BOOL
  | typeof LINE_TEXT;

/** How a type's values are written straight from a line of JSON: see JsonLineWriter. */
export interface LineForm {
  readonly kind: LineKind;
  /** Of a number, or of a bool as 0 or 1. */
  readonly least: number;
  readonly most: number;
}
