import { describe, expect, test } from 'vitest';
import { bytes } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';

const codecs = { key: bytes, value: bytes };

/** 16 tiny entries, whose keys begin with `small`, and 16 that together fill a page, whose keys begin with `large`. */
function halves(small: number, large: number): [Uint8Array, Uint8Array][] {
  const entries = Array.from({ length: 16 }, (_, i) => i * 2);
  return [
    ...entries.map((i): [Uint8Array, Uint8Array] => [Uint8Array.of(small, i), new Uint8Array(0)]),
    ...entries.map((i): [Uint8Array, Uint8Array] => [Uint8Array.of(large, i), new Uint8Array(230)]),
  ];
}

describe('a page with small entries on one side and large ones on the other', () => {
  test.each([
    ['behind', 0, 1],
    ['in front', 1, 0],
  ])('takes one more among the large ones (%s)', async (_, small, large) => {
    for (const at of [1, 7, 15, 29]) {
      const { env, items } = collectionOf(codecs);
      for (const [key, value] of halves(small, large)) items.put(key, value);
      items.put(Uint8Array.of(large, at), new Uint8Array(230));
      expect(items.count()).toBe(33);
      const other = env.collection('other', codecs);
      for (const [key, value] of halves(small, large)) other.put(key, value);
      await env.batch([{ type: 'put', collection: other, key: Uint8Array.of(large, at), value: new Uint8Array(230) }]);
      expect(other.count()).toBe(33);
    }
  });

  test.each([1, 2, 3, 4, 5, 6])('takes more of either, wherever they belong (seed %i)', (seed) => {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const { env } = collectionOf(codecs);
    for (let round = 0; round < 60; round++) {
      const items = env.collection(`page ${round}`, codecs);
      const model = new Map<string, number>();
      const large = random(2);
      const smallest = 100 + random(150);
      const put = (group: number): void => {
        const key = Buffer.of(group, random(256));
        const size = group === large ? smallest + random(4) : random(2);
        items.put(key, new Uint8Array(size));
        model.set(key.toString('latin1'), size);
      };
      env.write(() => {
        // First about a page of both kinds, then more large ones, which split that page.
        for (let i = 12 + random(10); i > 0; i--) put(1 - large);
        for (let i = Math.floor(3700 / (smallest + 14)); i > 0; i--) put(large);
        for (let i = 0; i < 40; i++) put(random(8) === 0 ? 1 - large : large);
      });
      const stored = items
        .range()
        .map(({ key, value }) => [key.toBuffer().toString('latin1'), value.byteLength] as const);
      expect(new Map(stored)).toEqual(model);
    }
  });
});
