import { bytes, double, json, msgpack, struct, t, tuple, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

const City = struct({
  name: t.utf8,
  country: t.utf8,
  population: t.u64,
  founded: t.optional(t.date),
  flag: t.optional(t.bytes),
});

/** Makes a database with a collection of each kind; gives its path. */
export function makeDatabase(): string {
  const env = openTemporary();
  const cities = env.collection('cities', { key: tuple, value: City });
  const words = env.collection('words', { key: utf8, value: msgpack });
  const numbers = env.collection('numbers', { key: uint32, value: json });
  const raw = env.collection('raw', { key: bytes, value: bytes });
  const texts = env.collection('texts', { key: tuple, value: utf8 });
  const own = env.collection('own', {
    key: uint32,
    value: { name: 'mine', encode: (text: string) => Buffer.from(text), decode: String },
  });
  env.write(() => {
    cities.put(['AT', 'Graz'], { name: 'Graz', country: 'AT', population: 2n ** 60n });
    cities.put(['DE', 'Köln'], { name: 'Köln', country: 'DE', population: 1_000_000n, flag: Buffer.of(1, 255) });
    cities.put(['FR', 'Lyon'], { name: 'Lyon', country: 'FR', population: 522_969n });
    cities.put(['FR', 'Paris'], { name: 'Paris', country: 'FR', population: 2_138_551n, founded: new Date(0) });
    words.put('yak', { horns: 2 });
    words.put('zebra', {
      stripes: true,
      big: 2n ** 70n,
      when: new Date(0),
      names: new Map<unknown, unknown>([['de', 'Zebra']]),
      set: new Set([1, 2]),
      bytes: Buffer.of(0xab),
      nothing: undefined,
      half: Number.NaN,
    });
    for (let i = 0; i < 250; i++) numbers.put(i, i % 2 === 0 ? { i, text: 'x'.repeat(i % 5) } : [i]);
    raw.put(Buffer.of(0, 255), Buffer.from('hello'));
    texts.put([double(1), Buffer.of(1), 2n ** 80n, null, true, ['in']], 'colours \u001b[31m\nred');
    own.put(1, 'xyz');
  });
  env.close();
  return env.path;
}
