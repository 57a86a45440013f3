/** What values that are joined on are. An element of a tuple can be any of them but a date and a whole tuple key. */
export type JoinKind = 'number' | 'string' | 'bytes' | 'boolean' | 'date' | 'whole tuple key' | 'element';

/** How native code reads a key or a field that is joined on. */
export interface JoinForm {
  readonly kind: JoinKind;
  /** What native code calls it: an `ON_…` number of a key, a `FIELD_…` number of a field. */
  readonly number: number;
}
