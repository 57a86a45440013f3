/**
 * The type of a struct's field, or of a list's elements, made by `t`. `In` is what it takes, `View` what the getter gives, `Plain` what
 * `toObject` gives, and `Optional` says whether it may be left out.
 */
export interface FieldType<In, View, Plain, Optional extends boolean = boolean> {
  /** Its description in the schema, as JSON. */
  readonly description: FieldDescription;
  readonly optional: Optional;
  /** For the compiler only. */
  readonly types?: { in: In; view: View; plain: Plain };
}

export type FieldDescription =
  | string
  | { readonly optional: FieldDescription }
  | { readonly list: FieldDescription }
  | StructDescription;

/** What the database remembers of a struct: the names and types of its fields, in order. */
export interface StructDescription {
  readonly struct: readonly (readonly [name: string, type: FieldDescription])[];
}

export type AnyFieldType = FieldType<unknown, unknown, unknown>;
