const fieldsOf = new WeakMap<object, readonly string[]>();

/** Notes of which fields of a codec the types are guesses from a sample: what comes behind it must fit them as what is in it does. */
export function markInferred(codec: object, fields: readonly string[]): void {
  fieldsOf.set(codec, fields);
}

/** Which fields those are. */
export function inferredFields(codec: unknown): readonly string[] {
  return (typeof codec === 'object' && codec !== null ? fieldsOf.get(codec) : undefined) ?? [];
}
