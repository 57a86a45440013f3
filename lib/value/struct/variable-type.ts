import type { Writer } from '../../base/writer.ts';
import { fieldType } from './field.ts';
import type { FieldCoding } from './field-coder.ts';
import type { FieldDescription, FieldType } from './field-description.ts';
import type { Path } from './path.ts';
import { writeU32 } from './record.ts';
import type { ReadPart } from './record-field.ts';
import { recordGetters } from './record-place.ts';

/** How values of variable size are written and read. */
export interface Part<View> {
  readonly description: Exclude<FieldDescription, { optional: FieldDescription }>;
  readonly depth: number;
  /** Appends a value; gives its length in bytes, or what else is to stand for that. */
  readonly append: (writer: Writer, value: unknown, path: Path, step: string | number) => number;
  /** Undefined if it is absent. */
  readonly read: ReadPart<View>;
  /** What a field that is absent gives, unless it is optional. */
  readonly zero: () => View;
  readonly plain: (view: unknown) => unknown;
  readonly json: (view: unknown) => unknown;
}

interface PartGetters<View> {
  readonly required: FieldCoding<View>['getter'];
  readonly optional: FieldCoding<View | undefined>['getter'];
}

const SIZE = 8;

/** A type that stands in the fixed part as (offset, length), offset 0 meaning absent. */
export function partType<In, View, Plain>(
  part: Part<View>,
  getters: PartGetters<View> = partGetters(part),
): FieldType<In, View, Plain, false> {
  const { description, depth, append, read, zero, plain, json } = part;
  function write(
    writer: Writer,
    origin: number,
    place: number,
    value: unknown,
    path: Path,
    step: string | number,
  ): void {
    const offset = writer.position - origin;
    const length = append(writer, value, path, step);
    writeU32(writer.bytes, place, offset);
    writeU32(writer.bytes, place + 4, length);
  }
  return fieldType({
    description,
    size: SIZE,
    optional: false as const,
    depth,
    getter: getters.required,
    element: (lease, at, span, place, partsFrom) => read(lease, at, span, place, partsFrom) ?? zero(),
    write,
    plain,
    json,
    orAbsent: () =>
      fieldType({
        description: { optional: description },
        size: SIZE,
        optional: true as const,
        depth,
        getter: getters.optional,
        element: read,
        write(writer: Writer, origin: number, place: number, value: unknown, path: Path, step: string | number): void {
          if (value !== undefined) {
            write(writer, origin, place, value, path, step);
          } else {
            writeU32(writer.bytes, place, 0);
            writeU32(writer.bytes, place + 4, 0);
          }
        },
        plain,
        json,
        orAbsent: undefined,
      }),
  });
}

function partGetters<View>({ read, zero }: Part<View>): PartGetters<View> {
  return { required: recordGetters.part(read, zero), optional: recordGetters.optionalPart(read) };
}
