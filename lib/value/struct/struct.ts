import { weakMapGet, weakMapSet } from '../../base/primordials.ts';
import type { Lease } from '../../lease/lease.ts';
import type { ValueCodec } from '../codec.ts';
import { inspectAsDescription } from '../description-text.ts';
import { ownValueCodec } from '../own-codecs.ts';
import { DEEPEST } from './field-coder.ts';
import type { FieldType, StructDescription } from './field-description.ts';
import { fieldsOfDescription } from './remembered-fields.ts';
import { describe, type Field, fingerprintOf, layOut, mergeSchemas } from './schema.ts';
import type { Fields, StructInput, StructObject, StructRecord } from './static-types.ts';
import { structText } from './struct-text.ts';
import { valueWriter } from './struct-write.ts';
import { valueView, viewClass } from './view-class.ts';

export interface StructCodec<F extends Fields> extends ValueCodec<StructInput<F>, StructRecord<F>> {
  readonly description: StructDescription;
  /** Identifies the schema: 16 hexadecimal digits, the same for the same names and types in the same order. */
  readonly fingerprint: string;
}

/** The static type of a struct's records, or of the values of a type made by `t`: what `toObject` gives. */
export type Infer<C> =
  C extends StructCodec<infer F> ? StructObject<F> : C extends FieldType<unknown, unknown, infer Plain> ? Plain : never;

/**
 * A codec for records with these fields. Each field is read from its place in the record when its getter is called, and
 * nothing else is. Fields may be added at the end. In a record written before that, an optional field is `undefined`, and any other has
 * its type's zero ('', an empty Value or List, a struct of zeros, a Date at 0 ms).
 * `ERR_INVALID_ARG_TYPE` for anything but a type; `ERR_INVALID_ARG_VALUE` if the fixed part has more than 65,535 bytes.
 */
export function struct<const F extends Fields>(fields: F): StructCodec<F> {
  const laid = layOut(fields);
  const description = describe(laid);
  const codec: StructCodec<F> = ownValueCodec<StructCodec<F>>(
    {
      name: 'struct',
      description,
      aims: true,
      ordered: false,
      objects: true,
      text: structText(laid),
      get fingerprint(): string {
        return fingerprintOf(description);
      },
      write: valueWriter(laid),
      view: valueView(viewClass(laid)) as unknown as (lease: Lease, at: number) => StructRecord<F>,
      accept: (remembered: unknown): StructDescription => mergeSchemas(description, remembered),
    },
    (made) => inspectAsDescription(made, description),
  );
  weakMapSet(layouts, codec, laid);
  return codec;
}

const layouts = new WeakMap<object, readonly Field[]>();

/** The layout of a struct codec; undefined for any other codec. */
export function fieldsOf(codec: object): readonly Field[] | undefined {
  return weakMapGet(layouts, codec);
}

/** What the database remembers of a struct codec; undefined for any other codec, and for what is none. */
export function structOf(codec: unknown): StructDescription | undefined {
  if (typeof codec !== 'object' || codec === null || fieldsOf(codec) === undefined) return undefined;
  return (codec as StructCodec<Fields>).description;
}

/** The struct of a remembered `description`; undefined if that is of another codec. */
export function rememberedStruct(description: unknown): StructCodec<Fields> | undefined {
  if (typeof description !== 'object' || description === null || !('struct' in description)) return undefined;
  const fields = fieldsOfDescription(description.struct, DEEPEST);
  return fields === undefined ? undefined : struct(fields);
}
