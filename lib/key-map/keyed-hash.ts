import { PrimordialUint32Array } from '../base/primordials.ts';

/**
 * HalfSipHash-1-3 (J.-P. Aumasson and D. J. Bernstein), which Linux uses for its hash tables. Nobody who does not know the
 * seed can find bytes that collide. Returns a u32.
 */
export function keyedHash(bytes: Uint8Array, start: number, length: number, seed0: number, seed1: number): number {
  let v0 = seed0;
  let v1 = seed1;
  let v2 = seed0 ^ 0x6c796765;
  let v3 = seed1 ^ 0x74656462;
  const words = length >>> 2;
  let position = start;
  // First the words, then a word of the remaining bytes and the length, then three rounds without input.
  for (let round = 0; round < words + 4; round++) {
    let word = 0;
    if (round < words) {
      word =
        (bytes[position] as number) |
        ((bytes[position + 1] as number) << 8) |
        ((bytes[position + 2] as number) << 16) |
        ((bytes[position + 3] as number) << 24);
      position += 4;
    } else if (round === words) {
      word = length << 24;
      for (let k = (length & 3) - 1; k >= 0; k--) word |= (bytes[position + k] as number) << (8 * k);
    } else if (round === words + 1) {
      v2 ^= 0xff;
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

let seed: Uint32Array | undefined;

/** The seed of this process's hashes: two numbers. */
export function processSeed(): Uint32Array {
  if (seed === undefined) {
    // Not imported at the top: loading it takes longer than half of this library.
    const { randomFillSync } = process.getBuiltinModule('node:crypto');
    seed = randomFillSync(new PrimordialUint32Array(2));
  }
  return seed;
}
