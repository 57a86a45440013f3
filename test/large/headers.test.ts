import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytes, type Entry, type Environment, hashJoin, utf8, type Value } from '../../lib/index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { spreadPages } from './sparse.ts';

/**
 * Empty values that end a page. The address of such a value is that of the next page, which may be in the next window of the map, or behind
 * the file, or behind the map. A header of the value stands before that address.
 */

const GIB = 2 ** 30;
const FAR = Date.UTC(2200, 0, 1);

// Of even lengths, since LMDB pads entries of odd lengths.
const KEYS = Array.from({ length: 200 }, (_, i) => `key ${String(i).padStart(4, '0')}`);
const content = (key: string): string => (Number(key.slice(4, 8)) % 10 === 0 ? 'xx' : '');

const kinds: Record<string, { keys: string[]; options: { versions?: true; expires?: true; keys?: 'any' } }> = {
  'without headers': { keys: KEYS, options: {} },
  'with versions': { keys: KEYS, options: { versions: true } },
  'with times': { keys: KEYS, options: { expires: true } },
  'with versions, times and keys of any length': {
    keys: KEYS.map((key, i) => (i % 20 === 0 ? key.padEnd(600, '.') : key)),
    options: { versions: true, expires: true, keys: 'any' },
  },
};

/** Where leaf pages end, one after the other, and the size of the map in which the file is opened. */
const places: Record<string, { ends: (leaf: number) => number; mapSize: (fileSize: number) => number }> = {
  window: { ends: (leaf) => leaf * GIB, mapSize: () => 16 * GIB },
  map: { ends: (leaf) => leaf * GIB, mapSize: (fileSize) => fileSize },
  file: { ends: (leaf) => leaf * GIB - GIB / 2, mapSize: () => 16 * GIB },
};

const cases = Object.entries(kinds).flatMap(([kind, made]) =>
  Object.entries(places).map(([place, placed]) => ({ kind, place, ...made, ...placed })),
);

type Case = (typeof cases)[number];

function textOf(value: Value | Buffer | undefined): string {
  return String(value !== undefined && 'toBuffer' in value ? value.toBuffer() : value);
}

function spread({ keys, options, ends, mapSize }: Case): Environment {
  const path = temporaryFolder();
  const env = openAt(path, { durability: 'nosync' });
  const items = env.collection('items', { key: utf8, value: bytes, ...options });
  for (const key of keys) {
    const value = Buffer.from(content(key));
    if (options.expires) items.putUntil(key, value, FAR);
    else items.put(key, value);
  }
  const { pageSize } = env.stat();
  env.close();
  let leaves = 0;
  let others = 2;
  spreadPages(path, pageSize, (kind, count) => {
    if (kind === 'leaf') return ends(++leaves) / pageSize - 1;
    others += count;
    return others - count;
  });
  return openAt(path, { mapSize: mapSize(statSync(join(path, 'data.mdb')).size) });
}

describe.each(cases)('empty values $kind that end the $place', ({ keys, options, ...places }) => {
  const env = spread({ keys, options, ...places });
  const items = env.collection('items', { key: utf8, value: bytes });
  const sorted = [...keys].sort();

  const isRight = ({ key, value, version, expires }: Entry<string, Value>): boolean =>
    String(value.toBuffer()) === content(key) &&
    version === (options.versions && keys.indexOf(key) + 1) &&
    expires === (options.expires && FAR);
  const wrong = (entries: Iterable<Entry<string, Value>>): string[] =>
    Array.from(entries).flatMap((entry) => (isRight(entry) ? [] : [entry.key.slice(0, 8)]));

  test('are read by key', () => {
    const reads: Record<string, () => (Value | Buffer | undefined)[]> = {
      get: () => sorted.map((key) => items.get(key)),
      getMany: () => items.getMany(sorted),
      'getMany of one': () => sorted.flatMap((key) => items.getMany([key])),
      getBuffer: () => env.read((txn) => sorted.map((key) => items.getBuffer(key, txn))),
    };
    for (const [name, read] of Object.entries(reads)) {
      const texts = (): string[] => read().map(textOf);
      expect([name, texts()]).toEqual([name, sorted.map(content)]);
      expect([name, env.read(texts)]).toEqual([name, sorted.map(content)]);
    }
    if (options.versions) expect(items.version(sorted[0] as string)).toBe(1);
  });

  test('are walked', () => {
    const walk = (): void => {
      for (const reverse of [false, true]) {
        const entries = items.range({ reverse }).toArray();
        expect(entries.map(({ key }) => key)).toEqual(reverse ? [...sorted].reverse() : sorted);
        expect(wrong(entries)).toEqual([]);
        const scanned: string[] = [];
        items.scan({ reverse }, (entry) => void scanned.push(...wrong([entry])));
        expect(scanned).toEqual([]);
      }
    };
    walk();
    env.read(walk);
    env.write(walk);
    env.read(() => {
      const pairs = [...hashJoin({ build: { range: items, on: 'key' }, probe: { range: items.range(), on: 'key' } })];
      expect(pairs).toHaveLength(keys.length);
      for (const { build, probe } of pairs) expect(wrong([build, probe])).toEqual([]);
    });
  });

  test('are kept over the end of their transaction', async () => {
    const txn = env.read();
    const entries = items.range({}, txn).toArray();
    const values = sorted.map((key) => items.get(key, txn) as Value);
    const buffers = sorted.map((key) => items.getBuffer(key, txn) as Buffer);
    txn.end();
    await txn.drained;
    expect(wrong(entries)).toEqual([]);
    expect(values.map((value) => String(value.toBuffer()))).toEqual(sorted.map(content));
    expect(buffers.map(String)).toEqual(sorted.map(content));
  });
});
