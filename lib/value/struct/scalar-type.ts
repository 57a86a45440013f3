import type { Writer } from '../../base/writer.ts';
import { bytesOf, startOf } from '../../lease/sink.ts';
import { fieldType } from './field.ts';
import type { FieldCoding } from './field-coder.ts';
import type { FieldType } from './field-description.ts';
import type { Path } from './path.ts';
import { optionalScalarGetter } from './record-place.ts';
import { readOptional, type Scalar } from './scalars.ts';

const same = (value: unknown): unknown => value;

/** A type of fixed size, which stands in the fixed part itself. */
export function scalarType<T>(
  scalar: Scalar<T>,
  getter: FieldCoding<T>['getter'],
  json: (value: unknown) => unknown = same,
): FieldType<T, T, T, false> {
  const { name, size } = scalar;
  return fieldType({
    description: name,
    size,
    optional: false as const,
    depth: 0,
    getter,
    element: (lease, at, _span, place) => scalar.read(bytesOf(lease, at), place, startOf(lease, at, null)),
    write: (writer, _origin, place, value, path, step) => scalar.write(writer.bytes, place, value, path, step),
    plain: same,
    json,
    orAbsent: () => optionalType(scalar, json),
  });
}

/** The same with a byte of presence before it: 0 and zeros, or 1 and the value. */
function optionalType<T>(scalar: Scalar<T>, json: (value: unknown) => unknown): FieldType<T, T | undefined, T, true> {
  const { name, size } = scalar;
  return fieldType({
    description: { optional: name },
    size: 1 + size,
    optional: true as const,
    depth: 0,
    getter: optionalScalarGetter(scalar),
    element: (lease, at, _span, place) => readOptional(scalar, bytesOf(lease, at), place, startOf(lease, at, null)),
    write(writer: Writer, _origin: number, place: number, value: unknown, path: Path, step: string | number): void {
      const { bytes } = writer;
      if (value !== undefined) {
        bytes[place] = 1;
        scalar.write(bytes, place + 1, value, path, step);
      } else {
        for (let i = 0; i <= size; i++) bytes[place + i] = 0;
      }
    },
    plain: same,
    json,
    orAbsent: undefined,
  });
}
