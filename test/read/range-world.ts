import { expect } from 'vitest';
import { type Collection, type Environment, type RangeOptions, uint32, utf8 } from '../../lib/index.ts';

export type Word = number | string;
export type Pair = readonly [key: Word, value: Word];
export type Below = (end: number) => number;
type Items = Collection<Word, Word>;

/** A collection, and the same entries as a sorted array. Words compare with `<`: numbers, or ASCII. */
export interface World {
  items: Items;
  dupSort: boolean;
  pairs: Pair[];
  /** A word that is stored, or near one that is. */
  key(below: Below): Word;
  value(below: Below): Word;
  /** Leading characters, if the codec knows prefixes. */
  prefix?: (below: Below) => string;
}

const compare = (a: Word, b: Word): number => (a < b ? -1 : a > b ? 1 : 0);
export const comparePairs = (a: Pair, b: Pair): number => compare(a[0], b[0]) || compare(a[1], b[1]);

const text = (number: number): string => {
  const digits = number.toString(36);
  // Some words are prefixes of others.
  return number % 3 === 0 ? digits : `${digits}${'~'.repeat(number % 40)}`;
};

function filled(world: World, below: Below, count: number): World {
  const all = new Map<string, Pair>();
  for (let i = 0; i < count; i++) {
    const pair: Pair = [world.key(below), world.value(below)];
    all.set(world.dupSort ? pair.join(' ') : String(pair[0]), pair);
  }
  world.pairs = [...all.values()].sort(comparePairs);
  for (const [key, value] of world.pairs) world.items.put(key, value);
  return world;
}

/** A key with one, a few or very many values. LMDB stores these in the entry, in a sub-page, and in a tree. */
function skewed(below: Below, keys: number): number {
  const kind = below(4);
  return kind === 0 ? 7 : kind === 1 ? below(5) * 9 : below(keys);
}

/** Collections of several pages, with both codecs: with one value for each key, and with several. */
export function worlds(env: Environment, below: Below): Record<string, World> {
  const open = (name: string, codec: unknown, dupSort: boolean): Items =>
    env.collection(name, { key: codec, value: codec, dupSort } as never) as unknown as Items;
  return env.write(() => ({
    plain: filled(
      {
        items: open('plain', utf8, false),
        dupSort: false,
        pairs: [],
        key: (random) => text(1 + random(1500)),
        value: (random) => text(random(1e6)),
        prefix: (random) => text(random(60)).slice(0, 1 + random(2)),
      },
      below,
      1200,
    ),
    numbers: filled(
      {
        items: open('numbers', uint32, true),
        dupSort: true,
        pairs: [],
        key: (random) => skewed(random, 60),
        value: (random) => random(900),
      },
      below,
      1200,
    ),
    texts: filled(
      {
        items: open('texts', utf8, true),
        dupSort: true,
        pairs: [],
        key: (random) => text(1 + skewed(random, 50)),
        value: (random) => text(1 + random(700)),
        prefix: (random) => text(random(60)).slice(0, 1 + random(2)),
      },
      below,
      1200,
    ),
  }));
}

/** Random bounds of words. Sometimes all kinds of bounds are used together. */
export function randomBounds(below: Below, word: (below: Below) => Word, prefix: World['prefix']): RangeOptions<Word> {
  const options: RangeOptions<Word> = {};
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) if (below(4) === 0) options[name] = word(below);
  if (prefix !== undefined && below(5) === 0) options.prefix = prefix(below);
  if (below(2) === 0) options.reverse = true;
  if (below(2) === 0) options.limit = below(4) === 0 ? below(2000) : below(30);
  if (below(2) === 0) options.offset = below(4) === 0 ? below(2000) : below(30);
  return options;
}

/** The pairs between the bounds, in the order of the range, without those that `distinct` and `offset` leave out. Ignores the limit. */
export function inBounds(pairs: readonly Pair[], options: RangeOptions<Word>, of: (pair: Pair) => Word): Pair[] {
  const { gt, gte, lt, lte, prefix, reverse, offset, distinct } = options;
  let found = pairs.filter((pair) => {
    const word = of(pair);
    return (
      (gt === undefined || word > gt) &&
      (gte === undefined || word >= gte) &&
      (lt === undefined || word < lt) &&
      (lte === undefined || word <= lte) &&
      (prefix === undefined || String(word).startsWith(String(prefix)))
    );
  });
  if (reverse === true) found.reverse();
  if (distinct === true) found = found.filter(([key], i) => i === 0 || (found[i - 1] as Pair)[0] !== key);
  return found.slice(offset ?? 0);
}

/** The index of the first pair at or after a sought word, in a list of pairs in the order of a range. */
export function soughtAt(list: readonly Pair[], target: Word, reverse: boolean, of: (pair: Pair) => Word): number {
  const at = list.findIndex((pair) => (reverse ? of(pair) <= target : of(pair) >= target));
  return at < 0 ? list.length : at;
}

export const keyIn = ([key]: Pair): Word => key;
export const valueIn = ([, value]: Pair): Word => value;

/** `toEqual` of words and pairs. It calls `where` only if they differ, since making that text takes longer than comparing. */
export function same(found: readonly unknown[], wanted: readonly unknown[], where: () => string): void {
  if (found.length === wanted.length && found.every((item, i) => isSame(item, wanted[i]))) return;
  expect(found, where()).toEqual(wanted);
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a[0] === b[0] && a[1] === b[1]);

/** Checks that one of the ways to read a range, chosen at random, gives these pairs. */
export function checkRange(
  world: World,
  options: RangeOptions<Word>,
  wanted: Pair[],
  way: number,
  where: () => string,
): void {
  const { items } = world;
  const range = items.range(options);
  const keys = wanted.map(keyIn);
  const values = wanted.map(valueIn);
  if (way === 0) same([range.count()], [wanted.length], where);
  else if (way === 1) same(range.map(({ key, value }) => [key, value]).toArray(), wanted, where);
  else if (way === 2) same(range.keys().toArray(), keys, where);
  else if (way === 3) same(range.values().toArray(), values, where);
  else if (way === 4) {
    const scanned: Pair[] = [];
    items.scan(options, ({ key, value }) => void scanned.push([key, value]));
    same(scanned, wanted, where);
  } else {
    same([range.keys().count(), items.count(options)], [wanted.length, wanted.length], where);
  }
}
