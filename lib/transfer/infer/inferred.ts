const fieldsOf = new WeakMap<object, readonly string[]>();

/** Records which fields of a codec have types that were guessed from a sample. The records after the sample may not fit them. */
export function markInferred(codec: object, fields: readonly string[]): void {
  fieldsOf.set(codec, fields);
}

/** The fields that `markInferred` has recorded for a codec. */
export function inferredFields(codec: unknown): readonly string[] {
  return (typeof codec === 'object' && codec !== null ? fieldsOf.get(codec) : undefined) ?? [];
}
