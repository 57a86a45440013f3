import { expect, test } from 'vitest';
import { type Collection, type OptimisticTransaction, type RangeOptions, utf8 } from '../../lib/index.ts';
import { collectionOf } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { Random, SEED } from './random.ts';

type Items = Collection<string, string, string, string>;
type Model = Map<string, string>;

const OPERATIONS = isLong ? 20_000 : 1500;
const KEYS = 60;

/** Empty, short and long keys. Many have the same first bytes. */
const ANY_WORDS = Array.from({ length: KEYS }, (_, i) => (i < 4 ? '\0'.repeat(i) : 'k'.repeat(498 + (i % 8)) + i));
let keys: 'any' | undefined;

const keyOf = (random: Random): string =>
  keys === 'any'
    ? random.pick(ANY_WORDS) + (random.chance(0.2) ? 'x' : '')
    : `k${String(random.below(KEYS)).padStart(2, '0')}${random.chance(0.2) ? 'x' : ''}`;
/** Some values are longer than a page: LMDB keeps these apart from the others. */
const textOf = (random: Random): string =>
  String(random.below(1000)).repeat(random.chance(0.05) ? 3000 : random.below(5));

function rangeOf(random: Random, mayOffset = false): RangeOptions<string> {
  const range: RangeOptions<string> = { reverse: random.chance(0.5) };
  if (random.chance(0.5)) range[random.pick(['gt', 'gte'] as const)] = keyOf(random);
  if (random.chance(0.5)) range[random.pick(['lt', 'lte'] as const)] = keyOf(random);
  if (random.chance(0.4)) range.limit = random.below(12);
  if (mayOffset && random.chance(0.2)) range.offset = random.below(8);
  return range;
}

/** The entries of a range of the model. */
function entriesOf(
  model: Model,
  { gt, gte, lt, lte, reverse, limit = Number.POSITIVE_INFINITY, offset = 0 }: RangeOptions<string>,
): [string, string][] {
  const inside = [...model]
    .filter(([key]) => (gt === undefined || key > gt) && (gte === undefined || key >= gte))
    .filter(([key]) => (lt === undefined || key < lt) && (lte === undefined || key <= lte))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (reverse ? inside.reverse() : inside).slice(offset, offset + limit);
}

const pairOf = ({ key, value }: { key: string; value: string }): [string, string] => [key, value];

/** Makes a change in the collection and in the model, and checks that both give the same answer. */
function change(random: Random, items: Items, model: Model, txn: OptimisticTransaction): void {
  const key = keyOf(random);
  const value = textOf(random);
  const kind = random.next();
  if (kind < 0.5) {
    items.put(key, value, txn);
    model.set(key, value);
  } else if (kind < 0.6) {
    expect(items.putNew(key, value, txn)).toBe(!model.has(key));
    if (!model.has(key)) model.set(key, value);
  } else if (kind < 0.9) {
    expect(items.del(key, txn)).toBe(model.delete(key));
  } else if (kind < 0.92) {
    const all = random.chance(0.3);
    const range = all ? {} : rangeOf(random);
    const gone = entriesOf(model, range);
    expect(items.clear(range, txn)).toBe(gone.length);
    for (const [each] of gone) model.delete(each);
  } else {
    const next = items.update(key, (old) => `${(old ?? '').slice(0, 10)}!`, txn);
    expect(next).toBe(`${(model.get(key) ?? '').slice(0, 10)}!`);
    model.set(key, next);
  }
}

/** Reads in every way, and compares the results with the model. */
function compare(random: Random, items: Items, model: Model, txn: OptimisticTransaction): void {
  const range = rangeOf(random, true);
  const expected = entriesOf(model, range);
  const keys = Array.from({ length: 5 }, () => keyOf(random));
  const inside = items.in(txn);
  const way = random.below(10);
  if (way === 0) expect(items.range(range, txn).toArray().map(pairOf)).toEqual(expected);
  else if (way === 1) expect([...items.range(range, txn).keys()]).toEqual(expected.map(([key]) => key));
  else if (way === 2) expect([...inside.range(range).values()]).toEqual(expected.map(([, value]) => value));
  else if (way === 3) expect(items.count(range, txn)).toBe(expected.length);
  else if (way === 4) expect(inside.getMany(keys)).toEqual(keys.map((key) => model.get(key)));
  else if (way === 5) expect(keys.map((key) => items.has(key, txn))).toEqual(keys.map((key) => model.has(key)));
  else if (way === 6) {
    const scanned: [string, string][] = [];
    inside.scan(range, (entry) => void scanned.push(pairOf(entry)));
    expect(scanned).toEqual(expected);
  } else if (way === 7) {
    const some = items
      .range(range, txn)
      .filter(({ key }) => key > 'k20')
      .take(4)
      .map(pairOf);
    expect([...some]).toEqual(expected.filter(([key]) => key > 'k20').slice(0, 4));
  } else if (way === 8) {
    const sought = keys[0] as string;
    const iterator = items.range(range, txn)[Symbol.iterator]();
    // An iterator that has ended cannot move again.
    for (let n = random.below(3); n > 0; n--) if (iterator.next().done) return;
    iterator.seek(sought);
    const { limit: _, ...unlimited } = range;
    const from = entriesOf(model, unlimited).filter(([key]) => (range.reverse ? key <= sought : key >= sought));
    const next = iterator.next();
    if (!next.done) expect(pairOf(next.value)).toEqual(from[0]);
    else if (range.limit === undefined) expect(from).toEqual([]);
  } else {
    expect(items.get(keys[0] as string, txn)).toBe(model.get(keys[0] as string));
    expect(items.getBuffer(keys[1] as string, txn)?.toString()).toBe(model.get(keys[1] as string));
  }
}

/** Changes entries in the middle of an iteration: each step must give the entry that comes next at that moment. */
function changeWhileReading(random: Random, items: Items, model: Model, txn: OptimisticTransaction): void {
  const range = rangeOf(random);
  const { limit = Number.POSITIVE_INFINITY, ...bounds } = range;
  let last: string | undefined;
  let given = 0;
  const next = (): [string, string] | undefined =>
    given >= limit
      ? undefined
      : entriesOf(model, bounds).find(([key]) => last === undefined || (range.reverse ? key < last : key > last));
  const iterator = items.range(range, txn)[Symbol.iterator]();
  for (;;) {
    const expected = next();
    const { value, done } = iterator.next();
    expect(done ? undefined : pairOf(value)).toEqual(expected);
    if (done) return;
    given++;
    last = value.key;
    if (random.chance(0.3)) change(random, items, model, txn);
  }
}

test.each([{}, { keys: 'any' }, { expires: true }] as { keys?: 'any'; expires?: true }[])(
  `a transaction sees its own writes in every kind of read: %o (seed ${SEED})`,
  { timeout: 120_000 },
  async (form) => {
    keys = form.keys;
    const random = new Random(SEED);
    const { env, items } = collectionOf({ key: utf8, value: utf8, versions: true, ...form });
    let model: Model = new Map();
    for (let done = 0; done < OPERATIONS; ) {
      const commits = random.chance(0.8);
      const inside = new Map(model);
      const run = env.transact(async (txn) => {
        for (let n = random.below(120); n > 0; n--, done++) {
          const what = random.next();
          if (what < 0.4) change(random, items, inside, txn);
          else if (what < 0.9) compare(random, items, inside, txn);
          else changeWhileReading(random, items, inside, txn);
          if (random.chance(0.05)) await null;
        }
        if (!commits) throw new Error('no');
      });
      if (commits) await run;
      else await expect(run).rejects.toThrow('no');
      if (commits) model = inside;
      expect(items.range().toArray().map(pairOf)).toEqual(entriesOf(model, {}));
      done++;
    }
  },
);
