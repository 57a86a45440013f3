import type { AnyFunction } from '../base/primordials.ts';
import type { Counter } from './collections/counter.ts';
import type { PersistentList } from './collections/list.ts';
import type { PersistentMap } from './collections/map.ts';
import type { PersistentSet } from './collections/set.ts';

/** What a field has that neither is nor contains an object. */
type Plain = string | number | bigint | boolean | symbol | null | undefined | Date | Uint8Array | AnyFunction;

/** Whether a type is `any` or `unknown`. */
type IsOpen<T> = 0 extends 1 & T ? true : unknown extends T ? true : false;

/** The objects at a place: of a collection and of an array, the objects in it. `never` if there are none. */
type ObjectsAt<V> =
  IsOpen<V> extends true
    ? V
    : V extends Plain | Counter
      ? never
      : V extends PersistentMap<infer _, infer E>
        ? ObjectsAt<E>
        : V extends PersistentList<infer E> | PersistentSet<infer E>
          ? ObjectsAt<E>
          : V extends readonly (infer E)[]
            ? ObjectsAt<E>
            : V;

/** Whether hints can name a field with this value: an object, a collection, or a plain value that may have objects in it. */
type CanHint<V> = [ObjectsAt<V>] extends [never] ? ([Extract<V, AnyCollection>] extends [never] ? false : true) : true;
type AnyCollection = PersistentMap | PersistentList | PersistentSet | Counter;

type HintedFields<T> = {
  readonly [K in keyof T as CanHint<T[K]> extends true ? K : never]?: Hints<NonNullable<T[K]>>;
};
type HintsFor<T> = IsOpen<T> extends true ? AnyHints : HintsForEach<T>;
/** Of objects of several classes, the fields of each can be named. `object` is what `ref()` gives, and `t.json` without a type: nothing is known of that. */
type HintsForEach<T> = T extends unknown ? ([keyof T] extends [never] ? AnyHints : HintedFields<T>) : never;

/** Hints for objects of which the compiler knows nothing. */
export type AnyHints = true | { readonly [field: string]: AnyHints };

/**
 * Which objects are needed with an object of the type `T`: `{ lines: { product: true } }` is what its field `lines` refers to, and what the field `product` of each of these refers
 * to; `true` at a place is nothing further. A field can have an object, a plain value with objects in it, or a persistent collection. Of a collection these are its
 * entries and the objects in them, so that `{ lines: { product: true } }` is the same whether `lines` is a list or an array. Names that one object has not are left out:
 * objects of several classes can be at one place. A name that no class there has is `ERR_INVALID_ARG_VALUE`.
 */
// biome-ignore lint/suspicious/noExplicitAny: without a type, names are not checked by the compiler.
export type Hints<T = any> = true | HintsFor<ObjectsAt<T>>;
