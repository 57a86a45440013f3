import type { Field } from '../schema.ts';
import { LINE_TEXT, type LineKind } from './line-form.ts';

/** A field as its text is looked for in a line of JSON, and written. */
export interface JsonField {
  /** `"name"`, as bytes. */
  readonly label: Uint8Array;
  readonly kind: LineKind;
  readonly optional: boolean;
  /** Where the value stands after the record's start, behind the byte of presence; and its size, in bytes. */
  readonly offset: number;
  readonly size: number;
  readonly least: number;
  readonly most: number;
}

/** Undefined for a field that is not written straight from its text. */
export function jsonFieldOf({ name, type, end }: Field): JsonField | undefined {
  const { line, optional } = type;
  const json = JSON.stringify(name);
  if (line === undefined || json.includes('\\')) return undefined;
  const size = optional && line.kind !== LINE_TEXT ? type.size - 1 : type.size;
  return { label: Buffer.from(json), ...line, optional, offset: end - size, size };
}
