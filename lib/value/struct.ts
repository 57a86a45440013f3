import type { Lease } from '../lease/lease.ts';
import type { Span } from '../lease/sink.ts';
import type { ValueCodec } from './codec.ts';
import type { FieldType } from './field-type.ts';
import { ownValueCodec } from './own.ts';
import { checkCompatible, describe, fingerprintOf, layOut, type StructDescription } from './schema.ts';
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
  const View = viewClass(
    laid.map(({ name, type, end }) => ({ name, get: type.getter(end), plain: type.plain, json: type.json })),
  );
  return ownValueCodec({
    name: 'struct',
    description,
    aims: true,
    fingerprint: fingerprintOf(description),
    write: recordWriter(laid),
    view: (lease: Lease, at: number): StructRecord<F> => new View(lease, at, null) as unknown as StructRecord<F>,
    accept: (remembered: unknown): void => checkCompatible(description, remembered),
  });
}

function viewClass(fields: readonly ViewField[]): new (lease: Lease, at: number, span: Span | null) => StructView {
  class View extends StructView {}
  registerViewClass(View.prototype, { fields, make: (lease, at) => new View(lease, at, null) });
  for (const { name, get } of fields) {
    Object.defineProperty(View.prototype, name, { get, enumerable: true, configurable: true });
  }
  return View;
}
