import type { Lease } from '../lease/lease.ts';
import type { Span } from '../lease/sink.ts';
import { append, objectDefineProperty, objectSetPrototypeOf, weakMapGet, weakMapSet } from '../primordials.ts';
import type { ValueCodec } from './codec.ts';
import type { FieldType } from './field-type.ts';
import { ownValueCodec } from './own.ts';
import { PLACE, RecordPlace } from './record-place.ts';
import { checkCompatible, describe, type Field, fingerprintOf, layOut, type StructDescription } from './schema.ts';
import { registerViewClass, StructView, type ViewField } from './struct-view.ts';
import { recordWriter } from './struct-write.ts';

/** The fields of a struct: what `struct` takes. */
export type Fields = { readonly [name: string]: FieldType<unknown, unknown, unknown> };

type Flat<T> = { [K in keyof T]: T[K] };
type OptionalNames<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F];
type InOf<T> = T extends FieldType<infer In, unknown, unknown> ? In : never;
type ViewOf<T> = T extends FieldType<unknown, infer View, unknown> ? View : never;
type PlainOf<T> = T extends FieldType<unknown, unknown, infer Plain> ? Plain : never;

/** What a struct takes on write. */
export type StructInput<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F, OptionalNames<F>>]: InOf<F[K]> } & {
    readonly [K in OptionalNames<F>]?: InOf<F[K]> | undefined;
  }
>;

/** What `toObject` gives. */
export type StructObject<F extends Fields> = Flat<
  { [K in Exclude<keyof F, OptionalNames<F>>]: PlainOf<F[K]> } & {
    [K in OptionalNames<F>]?: PlainOf<F[K]> | undefined;
  }
>;

interface StructMethods<F extends Fields> {
  /** All fields, bytes as Uint8Array; optional fields that are absent are left out. */
  toObject(): StructObject<F>;
  /** All fields as JSON holds them: bytes in hexadecimal, dates in ISO 8601, 64-bit integers as decimal text if unsafe. */
  toJSON(): { [K in keyof F]?: unknown };
}

/** What a struct gives on read: a lazy getter a field. A field called `toObject` or `toJSON` wins over the method. */
export type StructRecord<F extends Fields> = { readonly [K in keyof F]: ViewOf<F[K]> } & Omit<
  StructMethods<F>,
  keyof F
>;

export interface StructCodec<F extends Fields> extends ValueCodec<StructInput<F>, StructRecord<F>> {
  readonly description: StructDescription;
  /** Identifies the schema: 16 hexadecimal digits, the same for the same names and types in the same order. */
  readonly fingerprint: string;
}

/** The static type of a struct's records. */
export type Infer<C> = C extends StructCodec<infer F> ? StructObject<F> : never;

/**
 * A codec for records with these fields. Each field is read from its place in the record when its getter is called, and
 * nothing else is. Fields may be added at the end: a record written earlier gives `undefined` for an optional and the
 * type's zero for others ('' and an empty Value included, and a Date at 0 ms).
 * `ERR_INVALID_ARG_TYPE` for what is no type; `ERR_INVALID_ARG_VALUE` if the fixed part would be over 65,535 bytes.
 */
export function struct<const F extends Fields>(fields: F): StructCodec<F> {
  const laid = layOut(fields);
  const description = describe(laid);
  const View = viewClass(laid);
  const codec: StructCodec<F> = ownValueCodec({
    name: 'struct',
    description,
    aims: true,
    get fingerprint(): string {
      return fingerprintOf(description);
    },
    write: recordWriter(laid),
    view: (lease: Lease, at: number): StructRecord<F> => new View(lease, at, null) as unknown as StructRecord<F>,
    accept: (remembered: unknown): void => checkCompatible(description, remembered),
  });
  weakMapSet(layouts, codec, laid);
  return codec;
}

const layouts = new WeakMap<object, readonly Field[]>();

/** Where the fields of a struct codec stand; undefined for any other codec. */
export function fieldsOf(codec: object): readonly Field[] | undefined {
  return weakMapGet(layouts, codec);
}

type ViewClass = new (lease: Lease, at: number, span: Span | null) => StructView;

/**
 * Does not extend StructView: the constructor of a derived class calls whatever a program has made the prototype of the
 * class, and would hand it the lease.
 */
function viewClass(laid: readonly Field[]): ViewClass {
  class View {
    constructor(lease: Lease, at: number, span: Span | null) {
      (this as unknown as { [PLACE]: RecordPlace })[PLACE] = new RecordPlace(lease, at, span);
    }
  }
  const prototype = View.prototype as unknown as StructView;
  objectSetPrototypeOf(prototype, StructView.prototype);
  const fields: ViewField[] = [];
  for (let i = 0; i < laid.length; i++) {
    const { name, type, end } = laid[i] as Field;
    const get = type.getter(end);
    append(fields, { name, get, plain: type.plain, json: type.json });
    objectDefineProperty(prototype, name, { get, enumerable: true, configurable: true });
  }
  const Views = View as unknown as ViewClass;
  registerViewClass(prototype, { fields, make: (lease, at) => new Views(lease, at, null) });
  return Views;
}
