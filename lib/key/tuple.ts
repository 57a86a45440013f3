import type { KeyCodec } from './codec.ts';
import { Key, type PartViews } from './key.ts';
import type { KeyPart } from './part.ts';
import { writeTuple } from './tuple-write.ts';

/**
 * Tuples in the encoding of the FoundationDB tuple layer, byte for byte. Takes an array or a Key, gives a Key. Sorts by
 * element: null, bytes, strings, nested tuples, integers, doubles, booleans. Integers and doubles are two groups:
 * `double(n)` writes a column's integers as doubles too. -0 is written as 0.
 */
export const tuple: KeyCodec<readonly KeyPart[] | Key<readonly unknown[]>, Key> = Object.freeze({
  name: 'tuple',
  prefix: 'elements',
  aims: true,
  write: (key, writer) => writeTuple(writer, key),
  view: (lease, at) => new Key(lease, at, null),
} satisfies KeyCodec<readonly KeyPart[] | Key<readonly unknown[]>, Key>);

/** `tuple`, with static types for its elements. */
export function tupleOf<const T extends readonly KeyPart[]>(): KeyCodec<
  Readonly<T> | Key<PartViews<T>>,
  Key<PartViews<T>>
> {
  return tuple as unknown as KeyCodec<Readonly<T> | Key<PartViews<T>>, Key<PartViews<T>>>;
}
