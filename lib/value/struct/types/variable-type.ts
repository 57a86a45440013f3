import type { Writer } from '../../../base/writer.ts';
import type { JoinForm } from '../../join-form.ts';
import { fieldType } from '../field.ts';
import type { FieldCoding, WriteField } from '../field-coder.ts';
import type { FieldDescription, FieldType } from '../field-description.ts';
import type { FieldForm } from '../field-form.ts';
import { type FieldText, optionalText } from '../field-text.ts';
import { registerType } from '../known-types.ts';
import type { Path } from '../path.ts';
import { writePart } from '../record.ts';
import { locate, partsFrom, type ReadPart } from '../record-field.ts';
import { atOf, leaseOf, PLACE, type Placed, spanOf } from '../record-place.ts';

/** A value of variable size, which stands in the variable part: all that is known of its type. */
export interface Variable<View> {
  readonly description: Exclude<FieldDescription, { optional: FieldDescription }>;
  readonly depth: number;
  /** Appends a value, then writes to its place where it is (`writePart`). */
  readonly write: WriteField;
  /** Undefined if it is absent. */
  readonly read: ReadPart<View>;
  /** What a field that is absent gives, unless it is optional. */
  readonly zero: () => View;
  readonly plain: (view: unknown) => unknown;
  readonly json: (view: unknown) => unknown;
  /** Undefined if records cannot be joined on it. */
  readonly join: JoinForm | undefined;
  readonly text: FieldText;
  /** Undefined if its values are written by `write` alone. */
  readonly form: FieldForm | undefined;
}

interface Getters<View> {
  readonly required: FieldCoding<View>['getter'];
  readonly optional: FieldCoding<View | undefined>['getter'];
}

const SIZE = 8;

/** A type that stands in the fixed part as (offset, length), offset 0 meaning absent. `getters` are there for speed. */
export function variableType<In, View, Plain>(
  variable: Variable<View>,
  getters: Getters<View> = anyGetters(variable),
): FieldType<In, View, Plain, false> {
  const { description, depth, write, read, zero, plain, json, join, text, form } = variable;
  const shared = { size: SIZE, depth, plain, json, join, form };
  const type = fieldType<In, View, Plain, false>({
    ...shared,
    description,
    optional: false,
    getter: getters.required,
    element: (lease, at, span, place, partsFrom) => read(lease, at, span, place, partsFrom) ?? zero(),
    write,
    text,
    orAbsent: () =>
      fieldType({
        ...shared,
        description: { optional: description },
        optional: true as const,
        getter: getters.optional,
        element: read,
        write(writer: Writer, origin: number, place: number, value: unknown, path: Path, step: string | number): void {
          if (value !== undefined) {
            write(writer, origin, place, value, path, step);
          } else {
            writePart(writer.bytes, place, 0, 0);
          }
        },
        text: optionalText(text),
        orAbsent: undefined,
      }),
  });
  if (typeof description === 'string') registerType(description, type);
  return type;
}

/** The getters of a type that has none of its own. */
function anyGetters<View>({ read, zero }: Variable<View>): Getters<View> {
  return {
    required: (end) =>
      function (this: Placed) {
        const record = this[PLACE];
        const lease = leaseOf(record);
        const at = atOf(record);
        const span = spanOf(record);
        const place = locate(lease, at, span, end, SIZE);
        if (place < 0) return zero();
        return read(lease, at, span, place, partsFrom(lease, at, span)) ?? zero();
      },
    optional: (end) =>
      function (this: Placed) {
        const record = this[PLACE];
        const lease = leaseOf(record);
        const at = atOf(record);
        const span = spanOf(record);
        const place = locate(lease, at, span, end, SIZE);
        return place < 0 ? undefined : read(lease, at, span, place, partsFrom(lease, at, span));
      },
  };
}
