import { invalidType, invalidValue } from '../../base/errors.ts';
import { weakSetAdd, weakSetHas } from '../../base/primordials.ts';
import type { AnyFieldType, FieldType } from '../../value/struct/field-description.ts';
import { t as structTypes } from '../../value/struct/field-type.ts';

/** What a field of another persistent object holds: `undefined` is not among it. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | object
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

/** A field of a persistent class that is no field of a struct: a reference, or a plain value. `In` is what it takes, `Out` what reading gives. */
export interface ObjectField<In, Out, Optional extends boolean = boolean> {
  readonly kind: 'reference' | 'plain';
  readonly isOptional: Optional;
  /** For a reference: gives the class. A function, since classes may refer to each other. */
  readonly target: (() => unknown) | undefined;
  /** For the compiler only. */
  readonly types?: { in: In; out: Out };
  /** The same field, which may be left out or `undefined`. */
  optional(): ObjectField<In, Out, true>;
}

const genuine = new WeakSet<object>();

function objectField<In, Out, Optional extends boolean>(
  kind: 'reference' | 'plain',
  isOptional: Optional,
  target: (() => unknown) | undefined,
  field: object = {},
): ObjectField<In, Out, Optional> {
  const optional = (): ObjectField<In, Out, true> => objectField(kind, true, target);
  weakSetAdd(genuine, Object.freeze(Object.assign(field, { kind, isOptional, target, optional })));
  return field as ObjectField<In, Out, Optional>;
}

/** Whether `value` was made by `ref` or `t.json`. */
export function isObjectField(value: unknown): value is ObjectField<unknown, unknown> {
  return weakSetHas(genuine, value as object);
}

/**
 * A field that refers to an object of a persistent class, or of a class that extends it. `ref(() => Gear)`: the class is asked for when it is first
 * needed, so classes may refer to each other and to themselves. Without an argument, to an object of any persistent class.
 *
 * TypeScript cannot infer a class from a reference to that class itself, or from two classes that refer to each other. Then give the type of the
 * instances: `ref<Frob>(() => Frob)`, with `interface Frob extends InstanceType<typeof Frob> {}` beside the class.
 */
export function ref(): ObjectField<object, object, false>;
export function ref<C extends abstract new (...args: never[]) => unknown, I extends InstanceType<C>>(
  target: () => C,
): ObjectField<I, I, false>;
// No bound of T, and `any`: to check those, the compiler would look at the class.
// biome-ignore lint/suspicious/noExplicitAny: see above.
export function ref<T>(target: () => any): ObjectField<T, T, false>;
export function ref(target?: () => unknown): ObjectField<never, never, false> {
  if (target !== undefined && typeof target !== 'function') {
    throw invalidType('target', 'a function that gives the class', target);
  }
  if (target !== undefined && isClass(target)) {
    throw invalidValue('ref() takes a function that gives the class, and not the class itself: ref(() => Gear)');
  }
  return objectField('reference', false, target);
}

const functionText = Function.prototype.toString;

function isClass(target: () => unknown): boolean {
  return Reflect.apply(functionText, target, []).startsWith('class');
}

/** What `t.json` is: a field, and a function that gives the same field with a static type. */
export interface PlainField extends ObjectField<PlainValue, PlainValue, false> {
  <T = PlainValue>(): ObjectField<T, T, false>;
}

/**
 * A field for plain values: numbers, bigints, strings, booleans, null, Dates, bytes, arrays, plain objects, and persistent objects inside of
 * these. It is copied when it is assigned, and frozen when it is read; inside of a write it is a draft that can be changed in place.
 */
const json = objectField('plain', false, undefined, () => json) as unknown as PlainField;

/** A type of structs that is made of others. `ERR_INVALID_ARG_VALUE` for a field that is no field of a struct. */
function ofStructs<F extends (inner: never) => unknown>(
  make: F,
  name: string,
  others: (inner: unknown) => unknown[],
): F {
  const checked = (inner: never): unknown => {
    if (others(inner).some(isObjectField)) {
      throw invalidValue(
        `t.${name}() is stored inside the record and cannot hold references or plain values: use ref(() => PersistentList) or ref(() => PersistentMap) for ` +
          'many objects, t.json for plain values with objects in them, and .optional() for a field that may be absent',
      );
    }
    return make(inner);
  };
  return checked as unknown as F;
}

const one = (inner: unknown): unknown[] => [inner];
const each = (fields: unknown): unknown[] =>
  typeof fields === 'object' && fields !== null ? Object.values(fields) : [];

/** The types of the fields of persistent classes: those of structs, and `json`. In TypeScript, `t.json<string[]>()` says what is in it. */
export const t: typeof structTypes & { readonly json: PlainField } = Object.freeze({
  ...structTypes,
  list: ofStructs(structTypes.list, 'list', one),
  optional: ofStructs(structTypes.optional, 'optional', one),
  struct: ofStructs(structTypes.struct, 'struct', each),
  json,
});

export type AnyObjectField = AnyFieldType | ObjectField<unknown, unknown>;

/**
 * The fields of a persistent class. No more is said of a type than what tells it from anything else: otherwise the compiler would look into the
 * classes that references refer to, and a class could not refer to itself.
 */
export type ObjectFields = {
  readonly [name: string]:
    | { readonly isOptional: boolean }
    | { readonly optional: boolean; readonly description: unknown };
};

type IsOptional<F> = F extends { readonly optional: true } | { readonly isOptional: true } ? true : false;
type OptionalNames<F extends ObjectFields> = { [K in keyof F]: IsOptional<F[K]> extends true ? K : never }[keyof F];
type InOf<F> =
  F extends ObjectField<infer In, unknown> ? In : F extends FieldType<infer In, unknown, unknown> ? In : never;
type OutOf<F> =
  F extends ObjectField<unknown, infer Out> ? Out : F extends FieldType<unknown, infer View, unknown> ? View : never;
type Flat<T> = { [K in keyof T]: T[K] };

/** What the constructor of a persistent class takes. `D`: the fields that have defaults. */
export type FieldsInput<F extends ObjectFields, D extends string = never> = Flat<
  { readonly [K in Exclude<keyof F, OptionalNames<F> | D>]: InOf<F[K]> } & {
    readonly [K in OptionalNames<F> | (D & keyof F)]?: InOf<F[K]> | undefined;
  }
>;

/**
 * The fields of an object, as they are read and assigned. None may be missing, though its value may be undefined: if the names depended on the types, a
 * class could not refer to itself.
 */
export type FieldsOf<F extends ObjectFields> = {
  -readonly [K in keyof F]: IsOptional<F[K]> extends true ? OutOf<F[K]> | undefined : OutOf<F[K]>;
};
