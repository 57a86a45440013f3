import { describe, expect, test } from 'vitest';
import { bytes, hashJoin, mergeJoin, tuple, uint32, utf8 } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';

/** How many values a key has: none, one, some on its own page, and more than a page holds. */
const COUNTS = [0, 1, 3, 0, 700, 1, 40, 0, 2];

function world() {
  const env = openTemporary();
  const made = {
    env,
    /** Of one size each (which LMDB stores without headers), and of several sizes. */
    fixed: env.collection('fixed', { key: uint32, value: uint32, dupSort: true }),
    texts: env.collection('texts', { key: tuple, value: utf8, dupSort: true }),
    names: env.collection('names', { key: uint32, value: bytes }),
  };
  env.write(() => {
    COUNTS.forEach((count, key) => {
      for (let i = 0; i < count; i++) {
        made.fixed.put(key, i * 3);
        made.texts.put(['t', key], `${String(i).padStart(4, '0')}${'x'.repeat(i % 60)}`);
      }
      if (key % 4 !== 1) made.names.put(key, Buffer.from(`name ${key}`));
    });
  });
  return made;
}

const valuesOf = (key: number): number[] => Array.from({ length: COUNTS[key] ?? 0 }, (_, i) => i * 3);
const all = COUNTS.flatMap((_, key) => valuesOf(key).map((value) => [key, value]));
const named = all.filter(([key]) => (key as number) % 4 !== 1);

for (const [name, join] of Object.entries({ hashJoin, mergeJoin })) {
  describe(`${name} of collections with several values a key`, () => {
    test('takes each pair of key and value for an entry of the build side', () => {
      const { fixed, names } = world();
      const pairs = join({ build: { range: fixed.range(), on: 'key' }, probe: { range: names.range(), on: 'key' } });
      expect(pairs.map(({ build, probe }) => [probe.key, build.value]).toArray()).toEqual(named);
      expect(pairs.count()).toBe(named.length);
    });

    test('and of the probe side, in the order of keys and then of values', () => {
      const { fixed, names } = world();
      const pairs = (type: 'left' | 'semi' | 'anti') =>
        join({ build: { range: names.range(), on: 'key' }, probe: { range: fixed.range(), on: 'key' }, type });
      expect(
        pairs('left')
          .map(({ build, probe }) => [probe.key, probe.value, build?.value.toBuffer().toString()])
          .toArray(),
      ).toEqual(all.map(([key, value]) => [key, value, (key as number) % 4 === 1 ? undefined : `name ${key}`]));
      expect(pairs('semi').count()).toBe(named.length);
      expect(
        pairs('anti')
          .map(({ probe }) => [probe.key, probe.value])
          .toArray(),
      ).toEqual(all.filter(([key]) => (key as number) % 4 === 1));
    });

    test('gives the product of both where both have several', () => {
      const { fixed, texts } = world();
      const pairs = join({
        build: { range: fixed.range({ lt: 7 }), on: 'key' },
        probe: { range: texts.range({ gte: ['t', 1] }), on: { key: 1 } },
      });
      let expected = 0;
      for (const key of [1, 2, 4, 5, 6]) expected += (COUNTS[key] as number) ** 2;
      expect(pairs.count()).toBe(expected);
      let at = 0;
      let wrong = 0;
      for (const { build, probe } of pairs.filter(({ probe }) => probe.key.at(1) === 6)) {
        const i = Math.floor(at / 40);
        if (build.key !== 6 || build.value !== (at % 40) * 3) wrong++;
        if (probe.value !== `${String(i).padStart(4, '0')}${'x'.repeat(i)}`) wrong++;
        at++;
      }
      expect([at, wrong]).toEqual([1600, 0]);
    });

    test('keeps what it gave when its transaction has ended', async () => {
      const { env, fixed, texts } = world();
      const txn = env.read();
      const kept = join({
        build: { range: texts.range({}, txn), on: { key: 1 } },
        probe: { range: fixed.range({ gte: 4, limit: 2 }, txn), on: 'key' },
      }).toArray();
      txn.end();
      env.write(() => {
        for (let key = 0; key < COUNTS.length; key++) texts.del(['t', key]);
        for (let i = 0; i < 2000; i++) texts.put(['other', i], 'other');
      });
      await txn.drained;
      expect(kept).toHaveLength(1400);
      kept.forEach(({ build, probe }, at) => {
        expect([build.key.at(1), build.value.slice(0, 4), probe.key, probe.value]).toEqual([
          4,
          String(at % 700).padStart(4, '0'),
          4,
          at < 700 ? 0 : 3,
        ]);
      });
    });
  });
}

test('reverse and limit of a range count in pairs', () => {
  const { fixed, names } = world();
  const pairs = hashJoin({
    build: { range: names.range(), on: 'key' },
    probe: { range: fixed.range({ reverse: true, limit: 4 }), on: 'key' },
  });
  expect(pairs.map(({ probe }) => [probe.key, probe.value]).toArray()).toEqual([
    [8, 3],
    [8, 0],
    [6, 117],
    [6, 114],
  ]);
});
