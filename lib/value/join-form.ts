/** The kinds of values that a join compares. An element of a tuple can be of any kind but a date or a whole tuple key. */
export type JoinKind = 'number' | 'string' | 'bytes' | 'boolean' | 'date' | 'whole tuple key' | 'element';

/** How native code reads a key or a field to join on. */
export interface JoinForm {
  readonly kind: JoinKind;
  /** Its number in native code: an `ON_…` number for a key, a `FIELD_…` number for a field. */
  readonly number: number;
}
