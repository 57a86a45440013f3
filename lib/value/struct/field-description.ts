/**
 * The type of a struct's field, or of a list's elements. `In` is what is taken, `View` what the getter gives, `Plain` what
 * `toObject` gives; `Optional` whether it may be left out. Made by `t`.
 */
export interface FieldType<In, View, Plain, Optional extends boolean = boolean> {
  /** What the schema remembers of it, as JSON. */
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

/** What the database remembers of a struct: names and types in order. */
export interface StructDescription {
  readonly struct: readonly (readonly [name: string, type: FieldDescription])[];
}

export type AnyFieldType = FieldType<unknown, unknown, unknown>;
