import { FORM_DATE, FORM_TEXT, type FormKind } from '../field-form.ts';
import type { Field } from '../schema.ts';

/** A field as its text is looked for in a line of JSON, and written. */
export interface JsonField {
  /** `"name"`, as bytes. */
  readonly label: Uint8Array;
  readonly kind: FormKind;
  readonly optional: boolean;
  /** Where the value stands after the record's start, behind the byte of presence; and its size, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined for a field that is not written straight from its text. */
export function jsonFieldOf({ name, type, end }: Field): JsonField | undefined {
  const { form, optional } = type;
  const json = JSON.stringify(name);
  if (form === undefined || form.kind === FORM_DATE || json.includes('\\')) return undefined;
  const size = optional && form.kind !== FORM_TEXT ? type.size - 1 : type.size;
  return { label: Buffer.from(json), ...form, optional, offset: end - size, size };
}
