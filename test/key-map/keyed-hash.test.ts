import { expect, test } from 'vitest';
import { type Key, KeyMap, type Value } from '../../lib/index.ts';
import { keyedHash, processSeed } from '../../lib/key-map/keyed-hash.ts';
import { hashBytes } from '../../lib/lease/bytes.ts';
import { native } from '../../lib/native/native.ts';
import { random } from '../support/sinks.ts';

const counting = Uint8Array.from({ length: 64 }, (_, i) => i);

// Of the bytes 0, 1, 2, … with the seed 00 01 02 … 07, as Linux tests its hsiphash where words have 32 bits.
test.each([
  [0, 0x5814c896],
  [1, 0xe7e864ca],
  [2, 0xbc4b0e30],
  [3, 0x01539939],
  [4, 0x7e059ea6],
  [5, 0x88e3d89b],
  [15, 0xd0257b04],
  [16, 0x8b31d501],
  [17, 0x2b1cd04b],
  [63, 0x87178304],
])('is HalfSipHash-1-3: of %i bytes', (length, expected) => {
  expect(keyedHash(counting, 0, length, 0x03020100, 0x07060504)).toBe(expected);
  const around = new Uint8Array(length + 2).fill(0xa5);
  around.set(counting.subarray(0, length), 1);
  expect(keyedHash(around, 1, length, 0x03020100, 0x07060504)).toBe(expected);
});

test('native code hashes a batch the same way, wherever the keys lie and however long they are', () => {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 167) & 255);
  const below = random(2);
  const table = Uint32Array.from({ length: 402 }, (_, i) => below(i % 2 === 0 ? 3800 : 100));
  const places = Uint32Array.from({ length: 110 }, (_, i) => 2 * below(100) + (i >= 105 ? 1e9 : 0));
  const before = places.slice();
  native.hashKeys(bytes, table, 200, places, 5, 105, 0xfedcba98, 0x12345678, new Uint32Array(64));
  before.forEach((place, i) => {
    const [start, length] = table.subarray(200 + place) as unknown as [number, number];
    expect(places[i]).toBe(i < 5 || i >= 105 ? place : keyedHash(bytes, start, length, 0xfedcba98, 0x12345678));
  });
});

test('native code refuses what does not lie inside of what it is given', () => {
  type Given = Parameters<typeof native.hashKeys>;
  const good: Given = [new Uint8Array(8), Uint32Array.of(0, 8), 0, new Uint32Array(4), 0, 4, 1, 2, new Uint32Array(16)];
  const detached = new Uint32Array(16);
  structuredClone(detached, { transfer: [detached.buffer] });
  const wrong: [number, unknown[]][] = [
    [0, [undefined, new Uint8Array(7), new Uint32Array(8), new ArrayBuffer(8), {}]],
    [
      1,
      [
        undefined,
        new Uint32Array(1),
        Uint32Array.of(1, 8),
        Uint32Array.of(2 ** 32 - 1, 2),
        new Uint8Array(8),
        detached,
      ],
    ],
    [2, [undefined, 1, -1, 2 ** 32 - 1, 2 ** 53, Number.NaN, 0.5, '0']],
    [3, [undefined, new Uint32Array(3), Uint32Array.of(0, 0, 2 ** 32 - 1, 0), new Uint8Array(8)]],
    [4, [undefined, -1, Number.NaN, 2 ** 32]],
    [5, [undefined, 5, -1, 2 ** 32 - 1]],
    [6, [undefined, -1, 2 ** 32]],
    [7, [undefined, -1, 2 ** 32]],
    [8, [undefined, new Uint32Array(0), new Uint32Array(2), new Uint32Array(15), new Uint32Array(12), detached]],
  ];
  native.hashKeys(...(good.slice() as Given));
  for (const [index, values] of wrong) {
    for (const [i, value] of values.entries()) {
      const given = good.map((x) => (x instanceof Uint32Array ? x.slice() : x)) as Given;
      if (index !== 3) given[3].fill(0);
      given[index] = value as never;
      expect(() => native.hashKeys(...given), `argument ${index}, value ${i}`).toThrow(TypeError);
    }
  }
});

test('the seed of the process is random and stays the same', () => {
  const [a, b] = processSeed();
  expect(processSeed()).toEqual(Uint32Array.of(a as number, b as number));
  expect([a, b]).not.toEqual([0, 0]);
});

/** Different keys with the same unseeded MurmurHash3. Each block is one of two pairs of words that leave the hash unchanged. */
function colliding(blocks: number): Uint8Array[] {
  const inverse = (k: number, by: number): number => {
    let x = k;
    for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(k, x));
    return Math.imul(x, by);
  };
  /** The word whose scrambled form is `wanted`. */
  const unscramble = (wanted: number): number => {
    const rotated = inverse(0x1b873593, wanted);
    return inverse(0xcc9e2d51, (rotated >>> 15) | (rotated << 17));
  };
  const next = (hash: number, scrambled: number): number => {
    const mixed = hash ^ scrambled;
    return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
  };
  // Two pairs of words: each of them takes the hash from 0 back to 0.
  const pairs = [1, 2].map((first) => {
    const between = next(0, first);
    const target = inverse(5, (0 - 0xe6546b64) | 0);
    const second = ((target >>> 13) | (target << 19)) ^ between;
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(unscramble(first) | 0, 0);
    bytes.writeInt32LE(unscramble(second) | 0, 4);
    return bytes;
  });
  return Array.from({ length: 2 ** blocks }, (_, bits) =>
    Buffer.concat(Array.from({ length: blocks }, (_, i) => pairs[(bits >>> i) & 1] as Buffer)),
  );
}

const KINDS: [string, () => Uint8Array[]][] = [
  ['keys that all have one unseeded hash', () => colliding(12)],
  ['sequential little-endian numbers', () => numbers((bytes, i) => bytes.writeUInt32LE(i))],
  ['sequential big-endian numbers', () => numbers((bytes, i) => bytes.writeUInt32BE(i))],
  ['numbers a power of two apart', () => numbers((bytes, i) => bytes.writeUInt32LE((i << 18) >>> 0))],
  ['a long common prefix', () => numbers((bytes, i) => bytes.writeUInt32LE(i, 60), 64)],
  ['a long common suffix', () => numbers((bytes, i) => bytes.writeUInt32LE(i), 64)],
  ['one bit set, or two', () => bits()],
  ['nothing but zeros, each longer than the last', () => Array.from({ length: 4096 }, (_, i) => new Uint8Array(i))],
];

function numbers(write: (bytes: Buffer, i: number) => void, length: number = 4): Uint8Array[] {
  return Array.from({ length: 4096 }, (_, i) => {
    const bytes = Buffer.alloc(length);
    write(bytes, i);
    return bytes;
  });
}

function bits(): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let a = 0; a < 90; a++) {
    for (let b = a; b < 90; b++) {
      const bytes = Buffer.alloc(12);
      bytes[a >> 3] = (bytes[a >> 3] as number) | (1 << (a & 7));
      bytes[b >> 3] = (bytes[b >> 3] as number) | (1 << (b & 7));
      keys.push(bytes);
    }
  }
  return keys;
}

test('the colliding keys do collide', () => {
  const hashes = new Set(colliding(12).map((bytes) => hashBytes(bytes, 0, bytes.length)));
  expect(hashes.size).toBe(1);
});

test.each(KINDS)('spreads over its upper and its lower bits with any seed: %s', (_, make) => {
  const keys = make();
  const seed = random(5);
  for (let run = 0; run < 20; run++) {
    const seeds = [seed(2 ** 32), seed(2 ** 32)] as const;
    for (const part of [(hash: number) => hash >>> 22, (hash: number) => hash & 1023]) {
      const counts = new Array<number>(1024).fill(0);
      for (const bytes of keys) {
        const place = part(keyedHash(bytes, 0, bytes.length, ...seeds));
        counts[place] = (counts[place] as number) + 1;
      }
      const expected = keys.length / 1024;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // The average is 1,023 and the standard deviation 45: the limits lie six deviations away.
      expect([chi > 750, chi < 1300], `chi squared ${chi}, seeds ${seeds}`).toEqual([true, true]);
    }
  }
});

test.each(KINDS)('a KeyMap holds them: %s', (_, make) => {
  const keys = make();
  const map = new KeyMap<Key | Value, number>(keys.map((key, i) => [key, i]));
  expect(map.size).toBe(keys.length);
  keys.forEach((key, i) => {
    expect(map.get(key)).toBe(i);
  });
});
