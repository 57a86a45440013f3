import { expectTypeOf, test } from 'vitest';
import type { KeyCodec } from '../../lib/key/codec.ts';
import { double } from '../../lib/key/double.ts';
import { Key, type KeyPartView } from '../../lib/key/key.ts';
import { type tuple, tupleOf } from '../../lib/key/tuple.ts';
import type { Value } from '../../lib/value/value.ts';

test('a Key of known elements types each of them', () => {
  const key = Key.of('FR', 2988507, true, null, 10n, double(1), new Uint8Array(1), ['a', 1]);
  expectTypeOf(key.at(0)).toEqualTypeOf<'FR'>();
  expectTypeOf(key.at(1)).toEqualTypeOf<2988507>();
  expectTypeOf(key.at(3)).toEqualTypeOf<null>();
  expectTypeOf(key.at(4)).toEqualTypeOf<number | bigint>();
  expectTypeOf(key.at(5)).toEqualTypeOf<number>();
  expectTypeOf(key.at(6)).toEqualTypeOf<Value>();
  expectTypeOf(key.at(7).at(0)).toEqualTypeOf<'a'>();
  expectTypeOf(key.at(8)).toEqualTypeOf<undefined>();
});

test('a Key of unknown elements may have none', () => {
  const key = Key.fromHex('1501');
  expectTypeOf(key).toEqualTypeOf<Key>();
  expectTypeOf(key.at(0)).toEqualTypeOf<KeyPartView | undefined>();
  expectTypeOf([...key]).toEqualTypeOf<KeyPartView[]>();
});

test('a typed Key passes where any Key is taken', () => {
  const take = (key: Key): number => key.length;
  take(Key.of('FR', 1));
  Key.of('FR').startsWith(Key.of('FR', 1));
  Key.of('FR').equals(Key.of(1));
  Key.of('FR', Key.of(1), Key.of([1]).at(0));
});

test('tupleOf types what is taken and given', () => {
  const codec = tupleOf<[country: string, id: number]>();
  expectTypeOf(codec).toExtend<KeyCodec<readonly [string, number] | Key<readonly [string, number]>, unknown>>();
  type Given = ReturnType<typeof codec.view>;
  expectTypeOf<Given>().toEqualTypeOf<Key<readonly [country: string, id: number]>>();
  const write: (key: Parameters<typeof codec.write>[0]) => void = () => {};
  write(['FR', 1]);
  write(Key.of('FR', 1) as Given);
  // @ts-expect-error an element of the wrong type
  write(['FR', 'x']);
  // @ts-expect-error an element too few
  write(['FR']);
  // @ts-expect-error no key part
  const wrong: Parameters<typeof tuple.write>[0] = [() => {}];
  void wrong;
});
