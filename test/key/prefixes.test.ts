import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, double, Key, tuple } from '../../lib/index.ts';
import type { KeyPart } from '../../lib/key/part.ts';
import { collectionOf } from '../support/fixture.ts';

/** Elements so similar that a wrong prefix test would take one for the beginning of another. */
const TEXTS = ['', '\0', '\0\0', '\u00ff', 'FR', 'FR\0', 'FR\0x', 'FR\u00ff', 'FRA', '\u07ff', '\ud7ff', '\ue000']
  .concat(['\uffff', '\uffff\0', '\uffff\uffff', '\u{10000}', '\u{10ffff}', '\u{10ffff}\u{10ffff}'])
  .concat(Array.from({ length: 40 }, (_, i) => String.fromCodePoint(Math.min(0x10ffff, 0x1000 * 2 ** (i >> 3) + i))));
const BYTES = [
  [],
  [0],
  [0, 0],
  [0, 255],
  [254],
  [254, 255],
  [255],
  [255, 0],
  [255, 254],
  [255, 255],
  [255, 255, 255],
].map((of) => Uint8Array.from(of));
const NUMBERS = Array.from({ length: 12 }, (_, size) => 256n ** BigInt(size))
  .flatMap((edge) => [edge - 1n, edge, edge + 1n, -edge + 1n, -edge, -edge - 1n])
  .concat([256n ** 254n, -(256n ** 254n), 256n ** 60n - 1n]);
const DOUBLES = [0, -0, 1, -1, 0.5, 2 ** 53, -Infinity, Infinity, 5e-324].map(double);
const OTHERS: KeyPart[] = [null, true, false, [], [null], ['FR'], [null, 'FR'], [[]], ['FR', 255]];
const PARTS: KeyPart[] = [...TEXTS, ...BYTES, ...NUMBERS, ...DOUBLES, ...OTHERS];

test('a prefix covers the keys with these first elements and no others, whatever the elements', {
  timeout: 60_000,
}, () => {
  const { env, items } = collectionOf({ key: tuple, value: bytes });
  const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  const stored = new Set<string>();
  const elements = new Map<string, string[]>();
  env.write(() => {
    const put = (...parts: KeyPart[]): void => {
      const key = Key.of(...parts);
      if (key.byteLength > 511) return;
      stored.add(key.toHex());
      elements.set(
        key.toHex(),
        parts.map((part) => Key.of(part).toHex()),
      );
      items.put(key, Buffer.of());
    };
    for (const first of PARTS) {
      put(first);
      for (const second of ['', 'x', 0, null, true, Uint8Array.of(255)]) put(first, second);
    }
    const key = fc.array(fc.constantFrom(...PARTS), { minLength: 2, maxLength: 4 });
    for (const parts of fc.sample(key, { numRuns: 2000, seed })) put(...parts);
  });

  const txn = env.read();
  const prefixes: KeyPart[][] = [[], ...PARTS.map((part) => [part])];
  prefixes.push(...fc.sample(fc.tuple(fc.constantFrom(...PARTS), fc.constantFrom(...PARTS)), { numRuns: 300, seed }));
  const keys = [...items.range({}, txn).keys()];
  expect(keys.length).toBe(stored.size);
  const sorted = [...stored].sort();
  // Join them to one text, which is compared faster than an array.
  const textOf = (some: readonly Key[]): string => some.map((key) => key.toHex()).join();
  for (const prefix of prefixes) {
    if (Key.of(...prefix).byteLength > 511) continue;
    const wanted = prefix.map((part) => Key.of(part).toHex());
    const begins = (hex: string): boolean => wanted.every((part, i) => elements.get(hex)?.[i] === part);
    const expected = sorted.filter(begins);
    const found = [...items.range({ prefix }, txn).keys()];
    const what = `prefix ${Key.of(...prefix).toHex()}, seed ${seed}`;
    expect(textOf(found), what).toBe(expected.join());
    expect(items.count({ prefix }, txn), what).toBe(expected.length);
    expect(textOf([...items.range({ prefix, reverse: true }, txn).keys()].reverse()), what).toBe(expected.join());
    const encoded = Key.of(...prefix);
    expect(keys.filter((key) => key.startsWith(encoded)).length, what).toBe(expected.length);
    // Test an array on some keys only: it is encoded for each key, which takes long.
    const some = keys.filter((_, i) => i % 16 === 0);
    expect(some.filter((key) => key.startsWith(prefix)).length, what).toBe(
      some.filter((key) => key.startsWith(encoded)).length,
    );
    expect(
      found.every((key) => key.startsWith(prefix)),
      what,
    ).toBe(true);
    const end = Key.of(...prefix).prefixEnd();
    expect(found.every((key) => key.compare(end) < 0)).toBe(true);
  }
  txn.end();
});

test('at, length, iteration, slice, startsWith, compare, equals and hash copy nothing', () => {
  const { env, items } = collectionOf({ key: tuple, value: bytes });
  env.write(() => {
    for (let i = 0; i < 500; i++) items.put(['FR', i, Uint8Array.of(1, 2), ['a', 1]], Buffer.of(1));
  });
  const txn = env.read();
  let last: Key = Key.of();
  let sum = 0;
  for (const key of items.range({}, txn).keys()) {
    sum += key.length + (key.at(1) as number) + [...key].length + key.slice(1, 3).length + (key.hash() & 1);
    if (!key.startsWith(['FR']) || !key.startsWith(key.slice(0, 2)) || key.compare(last) !== 1) sum = Number.NaN;
    if (key.equals(last) || !key.equals(key.slice()) || (key.at(3) as Key).at(0) !== 'a') sum = Number.NaN;
    last = key;
  }
  expect(sum).toBeGreaterThan(0);
  expect(env.counters()).toMatchObject({ bytesCopied: 0, rowsMoved: 0 });
  txn.end();
});
