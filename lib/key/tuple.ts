import { inspectAsName } from '../base/inspect.ts';
import { ON_KEY_TUPLE } from '../native/constants.ts';
import type { ValueCodec } from '../value/codec.ts';
import { acceptSame, ownValueCodec } from '../value/own-codecs.ts';
import type { KeyCodec } from './codec.ts';
import { Key, type PartViews } from './key.ts';
import type { KeyPart } from './part.ts';
import { skipElement } from './tuple-format.ts';
import { tupleText } from './tuple-text.ts';
import { writeTuple, writeTupleValue } from './tuple-write.ts';

type TupleIn = readonly KeyPart[] | Key<readonly unknown[]>;

const asValue: ValueCodec<TupleIn, Key> = ownValueCodec({
  name: 'tuple',
  description: 'tuple',
  prefix: 'elements',
  aims: true,
  ordered: true,
  objects: false,
  text: tupleText,
  write: writeTupleValue,
  view: (lease, at) => new Key(lease, at, null),
  accept: acceptSame('tuple'),
});

/**
 * Tuples in the encoding of the FoundationDB tuple layer, byte for byte. Takes an array or a Key, returns a Key. Tuples sort element by
 * element: null, bytes, strings, nested tuples, integers, doubles, booleans. Every integer sorts before every double; `double(n)` stores
 * an integer as a double. -0 is stored as 0.
 */
export const tuple: KeyCodec<TupleIn, Key> = Object.freeze(
  inspectAsName({
    name: 'tuple',
    prefix: 'elements',
    aims: true,
    text: tupleText,
    join: { kind: 'whole tuple key', number: ON_KEY_TUPLE },
    skipElement,
    asValue,
    write: writeTuple,
    view: (lease, at) => new Key(lease, at, null),
  } satisfies KeyCodec<TupleIn, Key>),
);

/** `tuple`, with static types for its elements. */
export function tupleOf<const T extends readonly KeyPart[]>(): KeyCodec<
  Readonly<T> | Key<PartViews<T>>,
  Key<PartViews<T>>
> {
  return tuple as unknown as KeyCodec<Readonly<T> | Key<PartViews<T>>, Key<PartViews<T>>>;
}
