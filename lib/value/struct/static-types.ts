import type { FieldType } from './field-description.ts';
import type { List } from './list.ts';

/** The fields of a struct: what `struct` takes. */
export type Fields = { readonly [name: string]: FieldType<unknown, unknown, unknown> };

type Flat<T> = { [K in keyof T]: T[K] };
type OptionalNames<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F];
type InOf<T> = T extends FieldType<infer In, unknown, unknown> ? In : never;
type ViewOf<T> = T extends FieldType<unknown, infer View, unknown> ? View : never;

/** What `toObject` gives for a field or an element. */
export type PlainOf<T> =
  T extends FieldType<unknown, unknown, infer Plain, infer Optional>
    ? Plain | (Optional extends true ? undefined : never)
    : never;

/** What an element of a list may be. An optional element may be undefined, but cannot be left out. */
export type ElementIn<T> =
  T extends FieldType<infer In, unknown, unknown, infer Optional>
    ? In | (Optional extends true ? undefined : never)
    : never;
export type ElementView<T> = ViewOf<T>;

type Numbers =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** What a list is made from: an array, a List that was read, or a typed array of such numbers. */
export type ListInput<In> =
  | readonly In[]
  | List<In>
  | (In extends number ? Numbers : never)
  | (In extends bigint ? BigInt64Array | BigUint64Array : never);

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
  /**
   * All fields: bytes as Uint8Array, lists as arrays, structs as objects; optional fields that are absent are left out.
   */
  toObject(): StructObject<F>;
  /** All fields in the form that JSON has: bytes in hexadecimal, dates in ISO 8601, unsafe 64-bit integers as decimal text. */
  toJSON(): { [K in keyof F]?: unknown };
}

/** What a struct gives on read: a view with a lazy getter for each field. A field called `toObject` or `toJSON` hides the method. */
export type StructRecord<F extends Fields> = { readonly [K in keyof F]: ViewOf<F[K]> } & Omit<
  StructMethods<F>,
  keyof F
>;
