import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CachedEngine } from '../../lib/cache/cached-engine.ts';
import { all, commit, del, keyOf, put, rowsOf, textOf } from '../versions/engine/calls.ts';
import { reach } from '../versions/engine/two-objects.mjs';
import { randomNumbers, SEED } from '../versions/random.ts';
import { type CachedStore, cachedStore } from './cached.ts';

let store: CachedStore;
let engine: CachedEngine;
/** The ranges and the keys that were asked of the server. */
let asked: string[];
beforeEach(async () => {
  store = cachedStore('one');
  await store.makeCollection('items');
  engine = await watched();
});
afterEach(() => store.close());

async function watched(): Promise<CachedEngine> {
  const made = (await store.open()) as CachedEngine;
  asked = [];
  const { remote } = store;
  const { range, load } = remote;
  remote.range = (...args) => {
    const { lower, lowerOpen, upper, upperOpen } = args[1];
    const from = `${lowerOpen ? '(' : '['}${textOf(lower) ?? ''}`;
    asked.push(`${from},${textOf(upper) ?? ''}${upperOpen || upper === undefined ? ')' : ']'}`);
    return range.apply(remote, args);
  };
  remote.load = (keys, at, take) => {
    const wanted = [...keys];
    asked.push(...wanted.map(({ key }) => textOf(key) as string));
    return load.call(remote, wanted, at, take);
  };
  return made;
}

const keys = async (bounds: object = {}, at = engine.processed(), credit = 1000, of = engine): Promise<string> =>
  (await rowsOf(of, { ...all, ...bounds }, at, credit)).map(({ key }) => textOf(key)).join('');
/** What a read asks of the server. */
async function trips(bounds: object = {}, at = engine.processed()): Promise<string[]> {
  asked.length = 0;
  await keys(bounds, at);
  return [...asked];
}
const between = (lower: string, upper: string, reverse = false) => ({
  lower: keyOf(lower),
  upper: keyOf(upper),
  reverse,
});

test('a range that was read is read without a trip, in both directions, and parts of it, and its absent keys', async () => {
  await commit(engine, ...'bdfh'.split('').map((key) => put(key, key)));
  expect(await trips(between('c', 'g'))).toEqual(['[c,g]']);
  expect(await keys(between('c', 'g'))).toBe('df');
  expect(await trips(between('c', 'g'))).toEqual([]);
  expect(await trips(between('d', 'e', true))).toEqual([]);
  expect(await keys(between('d', 'g', true))).toBe('fd');
  // What is before and behind is asked, and joined.
  expect(await trips(between('a', 'z'))).toEqual(['[a,c)', '(g,z]']);
  expect(await trips(between('a', 'z', true))).toEqual([]);
  expect(await trips()).toEqual(['[,a)', '(z,)']);
  expect(await trips()).toEqual([]);
  expect(await keys({ reverse: true }, engine.processed(), 1)).toBe('hfdb');
  expect(engine.counters()).toMatchObject({ failure: undefined });
});

test('a commit makes holes, which are asked for alone: of keys that were there, new ones, and deleted ones', async () => {
  await commit(engine, ...'bdfh'.split('').map((key) => put(key, key)));
  await trips();
  const before = engine.processed();
  await commit(engine, put('c', '1'), put('d', '2'), del('f'));
  expect(await trips()).toEqual(['c', 'd', 'f']);
  expect(await keys()).toBe('bcdh');
  expect(await trips()).toEqual([]);
  expect([await trips({}, before), await keys({}, before)]).toEqual([[], 'bdfh']);
  await commit(engine, del('c'));
  await commit(engine, put('c', '1'));
  expect(await trips(between('c', 'c'))).toEqual(['c']);
});

test('what a commit changes while a range is read is no part of what is known', async () => {
  await commit(engine, ...'abcdef'.split('').map((key) => put(key, key.repeat(100))));
  const at = engine.processed();
  const release = engine.hold(at);
  let first = true;
  await engine.range('items', all, at, 150, async () => {
    if (first) await commit(engine, put('bb', '1'), put('e', '2'));
    first = false;
  });
  expect(await keys()).toBe('abbbcdef');
  expect(await keys({}, at)).toBe('abcdef');
  release();
});

test('a range that is cleared is known no more; a restart finds the others, with what was missed', async () => {
  await store.makeCollection('others');
  await commit(engine, put('a', '1'), put('b', '1'), put('a', '1', 'others'));
  await trips();
  await store.clearCollection('items');
  await reach(engine, engine.processed() + 1);
  expect(await trips()).toEqual(['[,)']);
  expect(await trips()).toEqual([]);
  await commit(engine, put('m', '1'));
  await trips();
  await engine.close();
  const other = await store.openAt(join(store.path, 'elsewhere'));
  await commit(other, put('n', '1'), del('m'));
  engine = await watched();
  expect(await trips()).toEqual(['m', 'n']);
  expect(await keys()).toBe('n');
});

test('keys that are too long for the cache are read, and never missed', async () => {
  const long = (text: string) => text.repeat(505);
  await commit(engine, put('a', '1'), put(long('b'), '1'), put('c', '1'));
  expect(await keys()).toBe(`a${long('b')}c`);
  expect(await keys()).toBe(`a${long('b')}c`);
  await commit(engine, del(long('b')));
  expect(await keys()).toBe('ac');
  expect(await trips()).toEqual([]);
  await commit(engine, put(long('d'), '1'));
  expect(await keys()).toBe(`ac${long('d')}`);
});

test(`ranges are right at every commit, whatever was read before, for all that share the cache (seed ${SEED})`, async () => {
  const random = randomNumbers(SEED);
  const engines = [engine, (await store.open()) as CachedEngine];
  const letters = 'abcdefghij'.split('');
  const truth = new Map<number, string>([[engine.processed(), '']]);
  const there = new Set<string>();
  for (let step = 0; step < 150; step++) {
    const writer = engines[random(2)] as CachedEngine;
    if (random(3) === 0) {
      const key = letters[random(10)] as string;
      const isPut = random(2) === 0;
      if (!isPut && !there.has(key)) continue;
      const base = writer.processed();
      const writes = [isPut ? put(key, `${step}`) : del(key)];
      await writer.commit({ commitId: randomBytes(16), base, reads: [], ranges: [], writes });
      if (isPut) there.add(key);
      else there.delete(key);
      const newest = Math.max(...truth.keys()) + 1;
      truth.set(newest, [...there].sort().join(''));
      if (random(3) > 0) await Promise.all(engines.map((each) => reach(each, newest)));
    }
    const reader = engines[random(2)] as CachedEngine;
    const at = reader.processed();
    const [lower, upper] = [letters[random(10)], letters[random(10)]].sort() as [string, string];
    const open = { lowerOpen: random(2) === 0, upperOpen: random(2) === 0, reverse: random(3) === 0 };
    const found = await keys({ ...between(lower, upper), ...open }, at, 1 + random(40), reader);
    const wanted = [...(truth.get(at) as string)].filter(
      (key) => (open.lowerOpen ? key > lower : key >= lower) && (open.upperOpen ? key < upper : key <= upper),
    );
    expect(found).toBe((open.reverse ? wanted.reverse() : wanted).join(''));
  }
  expect(engine.counters().spanHits).toBeGreaterThan(20);
});
