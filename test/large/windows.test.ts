import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, type Environment, uint32, type Value } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { type Place, spreadPages } from './sparse.ts';

const GIB = 2 ** 30;
const COUNT = 400;

/** Every fifth value has overflow pages; of those, every other one several. */
const lengthOf = (key: number): number =>
  key % 10 === 5 ? 20_000 + key : key % 5 === 0 ? 3000 + key : 20 + (key % 50);
const content = (key: number): Buffer => Buffer.alloc(lengthOf(key), `value of ${key};`);

/** Gives out pages at these offsets of the file, alternately for each kind of page. */
function placing(pageSize: number, starts: Record<'branch' | 'leaf' | 'overflow', number[]>): Place {
  const next = Object.fromEntries(
    Object.entries(starts).map(([kind, at]) => [kind, at.map((offset) => Math.floor(offset / pageSize))]),
  );
  let turn = 0;
  return (kind, count) => {
    const places = next[kind] as number[];
    const i = turn++ % places.length;
    const page = places[i] as number;
    places[i] = page + count;
    return page;
  };
}

const layouts: Record<string, Record<'branch' | 'leaf' | 'overflow', number[]>> = {
  'keys in the first window, large values in the second': { branch: [8192], leaf: [65_536], overflow: [GIB + 4096] },
  'keys beyond 4 GiB, large values before': { branch: [5 * GIB], leaf: [5 * GIB + 65_536], overflow: [2 * GIB] },
  'leaves on both sides of a border': {
    branch: [8192],
    leaf: [65_536, 3 * GIB, GIB - 5 * 4096],
    overflow: [4 * GIB + 8 * 4096, 6 * GIB],
  },
  'values that straddle two windows': {
    branch: [8192],
    leaf: [65_536],
    // A run of pages across the border: some values end before it, one lies across, the others begin behind it.
    overflow: [GIB - 9 * 4096, 2 * GIB - 4096, 4 * GIB - 3 * 4096, 6 * GIB - 40 * 4096],
  },
  'everything beyond 64 GiB': { branch: [65 * GIB], leaf: [66 * GIB - 8192], overflow: [67 * GIB - 4096] },
};

function spread(starts: (typeof layouts)[string]): { env: Environment; path: string } {
  const path = temporaryFolder();
  const env = openAt(path);
  const items = env.collection('items', { key: uint32, value: bytes });
  env.write(() => {
    for (let key = 0; key < COUNT; key++) items.put(key, content(key));
  });
  const { pageSize } = env.stat();
  env.close();
  spreadPages(path, pageSize, placing(pageSize, starts));
  return { env: openAt(path, { mapSize: 128 * GIB }), path };
}

const keysOf = (keys: Iterable<number>): number[] => [...keys];
const all = Array.from({ length: COUNT }, (_, key) => key);
const isRight = ({ key, value }: { key: number; value: Value }): boolean => value.equals(content(key));

describe.each(Object.entries(layouts))('a database with %s', (_, starts) => {
  const { env, path } = spread(starts);
  const items = env.collection('items', { key: uint32, value: bytes });

  test('is larger than one window, on disk much smaller', () => {
    const { size, blocks } = statSync(join(path, 'data.mdb'));
    expect(size).toBeGreaterThan(GIB);
    expect(blocks * 512).toBeLessThan(2 ** 24);
    expect(env.info().fileSize).toBe(size);
  });

  test('is walked in both directions, whole and in part', () => {
    using txn = env.read();
    for (const reverse of [false, true]) {
      const entries = items.range({ reverse }, txn).toArray();
      expect(entries.map(({ key }) => key)).toEqual(reverse ? [...all].reverse() : all);
      expect(entries.filter((entry) => !isRight(entry)).map(({ key }) => key)).toEqual([]);
      expect(keysOf(items.range({ reverse }, txn).keys())).toEqual(reverse ? [...all].reverse() : all);
      expect(items.range({ gte: 95, lt: 116, reverse }, txn).toArray().every(isRight)).toBe(true);
      expect(items.range({ gt: 4, limit: 7, reverse }, txn).values().toArray()).toHaveLength(7);
    }
    expect([items.count({}, txn), items.count({ gte: 95, lt: 116 }, txn)]).toEqual([COUNT, 21]);
  });

  test('is scanned', () => {
    using txn = env.read();
    const seen: number[] = [];
    const wrong: number[] = [];
    const kept: { key: number; value: Value }[] = [];
    items.scan(
      {},
      (entry) => {
        seen.push(entry.key);
        if (!isRight(entry)) wrong.push(entry.key);
        if (entry.key % 7 === 0) kept.push({ key: entry.key, value: entry.value.keep() as Value });
      },
      txn,
    );
    expect([seen, wrong]).toEqual([all, []]);
    expect(kept.every(isRight)).toBe(true);
  });

  test('is read by key, one and many at once', () => {
    using txn = env.read();
    const reads: Record<string, (key: number) => { equals(other: Uint8Array): boolean } | undefined> = {
      get: (key) => items.get(key, txn),
      'get without a transaction': (key) => items.get(key),
      getBuffer: (key) => items.getBuffer(key, txn),
      asBuffer: (key) => items.get(key, txn)?.asBuffer(),
      toBuffer: (key) => items.get(key, txn)?.toBuffer(),
    };
    for (const [name, read] of Object.entries(reads)) {
      const wrong = all.filter((key) => read(key)?.equals(content(key)) !== true);
      expect([name, wrong]).toEqual([name, []]);
    }
    const shuffled = [...all, COUNT, COUNT + 1].sort((a, b) => ((a * 7919) % 1009) - ((b * 7919) % 1009));
    const values = items.getMany(shuffled, txn);
    const wrong = shuffled.filter((key, i) => (values[i]?.equals(content(key)) ?? false) !== key < COUNT);
    expect(wrong).toEqual([]);
    expect([items.has(5, txn), items.has(COUNT, txn)]).toEqual([true, false]);
  });

  test('keeps what was lent when its transaction ends and when it is closed, while pages are written', async () => {
    const own = openAt(path);
    const mine = own.collection('items', { key: uint32, value: bytes });
    const txn = own.read();
    const entries = mine.range({}, txn).toArray();
    const points = all.map((key) => ({ key, value: mine.get(key, txn) as Value }));
    const buffers = all.map((key) => mine.getBuffer(key, txn) as Buffer);
    txn.end();
    // Take pages behind the last one, whichever window they lie in, and leave all others as they are.
    mine.put(COUNT, Buffer.alloc(9000, 'more'));
    mine.del(COUNT);
    await txn.drained;
    const later = own.read();
    const open = mine.range({}, later).toArray();
    own.close();
    for (const held of [entries, points, open]) {
      expect(held.every(({ value }) => value.state === 'copied' || value.state === 'private')).toBe(true);
      expect(held.filter((entry) => !isRight(entry)).map(({ key }) => key)).toEqual([]);
    }
    expect(buffers.every((buffer, key) => buffer.equals(content(key)))).toBe(true);
  });
});
