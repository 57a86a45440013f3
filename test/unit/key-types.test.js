import { expectTypeOf, test } from 'vitest';
import { double } from '../../lib/key/double.js';
import { Key } from '../../lib/key/key.js';
import { tupleOf } from '../../lib/key/tuple.js';
test('a Key of known elements types each of them', () => {
  const key = Key.of('FR', 2988507, true, null, 10n, double(1), new Uint8Array(1), ['a', 1]);
  expectTypeOf(key.at(0)).toEqualTypeOf();
  expectTypeOf(key.at(1)).toEqualTypeOf();
  expectTypeOf(key.at(3)).toEqualTypeOf();
  expectTypeOf(key.at(4)).toEqualTypeOf();
  expectTypeOf(key.at(5)).toEqualTypeOf();
  expectTypeOf(key.at(6)).toEqualTypeOf();
  expectTypeOf(key.at(7).at(0)).toEqualTypeOf();
  expectTypeOf(key.at(8)).toEqualTypeOf();
});
test('a Key of unknown elements may have none', () => {
  const key = Key.fromHex('1501');
  expectTypeOf(key).toEqualTypeOf();
  expectTypeOf(key.at(0)).toEqualTypeOf();
  expectTypeOf([...key]).toEqualTypeOf();
});
test('a typed Key passes where any Key is taken', () => {
  const take = (key) => key.length;
  take(Key.of('FR', 1));
  Key.of('FR').startsWith(Key.of('FR', 1));
  Key.of('FR').equals(Key.of(1));
  Key.of('FR', Key.of(1), Key.of([1]).at(0));
});
test('tupleOf types what is taken and given', () => {
  const codec = tupleOf();
  expectTypeOf(codec).toExtend();
  expectTypeOf().toEqualTypeOf();
  const write = () => {};
  write(['FR', 1]);
  write(Key.of('FR', 1));
  // @ts-expect-error an element of the wrong type
  write(['FR', 'x']);
  // @ts-expect-error an element too few
  write(['FR']);
  // @ts-expect-error no key part
  const wrong = [() => {}];
  void wrong;
});
