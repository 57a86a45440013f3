import { PrimordialUint8Array } from '../../../base/primordials.ts';
import { Lease, NO_VIEWS } from '../../../lease/lease.ts';
import { ONLY_VALUE } from '../../../lease/sink.ts';
import type { FieldType } from '../field-description.ts';
import { registerKind } from '../known-types.ts';
import { FORMAT_VERSION, HEADER_SIZE, writePart } from '../record.ts';
import { readSpan } from '../record-field.ts';
import { fieldsOfDescription } from '../remembered-fields.ts';
import { depthOf, describe, layOut } from '../schema.ts';
import type { Fields, StructInput, StructObject, StructRecord } from '../static-types.ts';
import { structText } from '../struct-text.ts';
import { jsonOf, plainOf, type StructView } from '../struct-view.ts';
import { recordWriter } from '../struct-write.ts';
import { viewClass } from '../view-class.ts';
import { variableType } from './variable-type.ts';

/** The type of a field that is a struct itself. Throws as `struct` does; `ERR_INVALID_ARG_VALUE` if it is too deep. */
export function structType<const F extends Fields>(
  fields: F,
): FieldType<StructInput<F>, StructRecord<F>, StructObject<F>, false> {
  const laid = layOut(fields);
  const View = viewClass(laid);
  const writeRecord = recordWriter(laid);
  return variableType({
    description: describe(laid),
    depth: 1 + depthOf(laid),
    write(writer, origin, place, value, path, step) {
      const offset = writer.position - origin;
      const length = writeRecord(writer, value, path, step);
      writePart(writer.bytes, place, offset, length);
    },
    read(lease, at, span, place, partsFrom) {
      const own = readSpan(lease, at, span, place, partsFrom);
      return own === undefined ? undefined : (new View(lease, at, own) as unknown as StructRecord<F>);
    },
    zero: () => new View(emptyLease(), ONLY_VALUE, null) as unknown as StructRecord<F>,
    plain: (view) => plainOf(view as StructView),
    json: (view) => jsonOf(view as StructView),
    join: undefined,
    text: structText(laid),
    form: undefined,
  });
}

registerKind('struct', (pairs, levels) => {
  const fields = fieldsOfDescription(pairs, levels - 1);
  return fields === undefined ? undefined : structType(fields);
});

/** A lease on a record of a schema without fields. */
function emptyLease(): Lease {
  const bytes = new PrimordialUint8Array(HEADER_SIZE);
  bytes[0] = FORMAT_VERSION;
  return Lease.private(NO_VIEWS, bytes, 0);
}
