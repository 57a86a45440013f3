import type { Writer } from '../../../base/writer.ts';
import { bytesOf, startOf } from '../../../lease/sink.ts';
import type { JoinForm } from '../../join-form.ts';
import { fieldType } from '../field.ts';
import type { FieldCoding, WriteField } from '../field-coder.ts';
import type { FieldType } from '../field-description.ts';
import type { FieldForm } from '../field-form.ts';
import { type FieldText, optionalText } from '../field-text.ts';
import { registerType } from '../known-types.ts';
import type { Path } from '../path.ts';
import { malformed } from '../record.ts';
import { locate, originOf, readOther } from '../record-field.ts';
import { atOf, leaseOf, PLACE, type Placed, spanOf } from '../record-place.ts';

/** A value of fixed size, which stands in the fixed part itself: all that is known of its type. */
export interface Scalar<T> {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** What a record without the field gives. */
  readonly zero: () => T;
  /** `origin` is where the value begins of which this is a part. `ERR_CODEC`. */
  read(bytes: Uint8Array, place: number, origin: number): T;
  /** Throws `ERR_INVALID_ARG_TYPE` or `ERR_OUT_OF_RANGE`, naming `step` of `path`; runs no user code. */
  readonly write: WriteField;
  /** Undefined if records cannot be joined on it: native code does not know it. */
  readonly join: JoinForm | undefined;
  readonly text: FieldText;
  /** Undefined if its values are written by `write` alone. */
  readonly form: FieldForm | undefined;
}

const same = (value: unknown): unknown => value;

/**
 * The type of a scalar. `json` makes what `toJSON` shows.
 *
 * `getter` is there for speed: shared by several types, it calls `scalar.read` through a megamorphic site. So each type of
 * leasehold's has one with functions of its own. A getter is below 27 bytes of bytecode, which V8 inlines whatever else
 * there is, and what it calls is short: so a loop reads a field without a call, and neither view nor place need be
 * allocated. What is rare is called with their parts, not with them.
 */
export function scalarType<T>(
  scalar: Scalar<T>,
  getter: FieldCoding<T>['getter'] = anyGetter(scalar),
  json: (value: unknown) => unknown = same,
): FieldType<T, T, T, false> {
  const { name, size, write, join, text, form } = scalar;
  const type = fieldType<T, T, T, false>({
    description: name,
    size,
    optional: false,
    depth: 0,
    getter,
    element: (lease, at, _span, place) => scalar.read(bytesOf(lease, at), place, startOf(lease, at, null)),
    write,
    plain: same,
    json,
    join,
    text,
    form,
    orAbsent: () => optionalType(scalar, json),
  });
  registerType(name, type);
  return type;
}

/** The same with a byte of presence before it: 0 and zeros, or 1 and the value. */
function optionalType<T>(scalar: Scalar<T>, json: (value: unknown) => unknown): FieldType<T, T | undefined, T, true> {
  const { name, size, join, text, form } = scalar;
  return fieldType({
    description: { optional: name },
    size: 1 + size,
    optional: true as const,
    depth: 0,
    getter: optionalGetter(scalar),
    element: (lease, at, _span, place) => readOptional(scalar, bytesOf(lease, at), place, startOf(lease, at, null)),
    write(writer: Writer, origin: number, place: number, value: unknown, path: Path, step: string | number): void {
      const { bytes } = writer;
      if (value !== undefined) {
        bytes[place] = 1;
        scalar.write(writer, origin, place + 1, value, path, step);
      } else {
        for (let i = 0; i <= size; i++) bytes[place + i] = 0;
      }
    },
    plain: same,
    json,
    join,
    text: optionalText(text),
    form,
    orAbsent: undefined,
  });
}

/** Makes getters of a scalar that has none of its own. */
function anyGetter<T>(scalar: Scalar<T>): FieldCoding<T>['getter'] {
  return (end) =>
    function (this: Placed) {
      const record = this[PLACE];
      return readOther(scalar, leaseOf(record), atOf(record), spanOf(record), end);
    };
}

function optionalGetter<T>(scalar: Scalar<T>): FieldCoding<T | undefined>['getter'] {
  return (end) =>
    function (this: Placed) {
      const record = this[PLACE];
      const lease = leaseOf(record);
      const at = atOf(record);
      const place = locate(lease, at, spanOf(record), end, 1 + scalar.size);
      if (place < 0) return undefined;
      return readOptional(scalar, bytesOf(lease, at), place, originOf(lease, at));
    };
}

/** Reads a byte of presence and a scalar at `place` of a value that begins at `origin`. `ERR_CODEC`. */
function readOptional<T>(scalar: Scalar<T>, bytes: Uint8Array, place: number, origin: number): T | undefined {
  const presence = bytes[place] as number;
  if (presence > 1) throw malformed(`a presence of ${presence}`, place - origin);
  return presence === 0 ? undefined : scalar.read(bytes, place + 1, origin);
}
