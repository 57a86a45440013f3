import { afterAll, describe, test } from 'vitest';
import type { Environment, Range, RangeOptions, SeekableIterator } from '../../lib/index.ts';
import { openTemporary } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { random } from '../support/sinks.ts';
import {
  type Below,
  checkRange,
  inBounds,
  keyIn,
  type Pair,
  randomBounds,
  same,
  soughtAt,
  valueIn,
  type Word,
  type World,
  worlds,
} from './range-world.ts';

const RUNS = isLong ? 60_000 : 480;
const SEED = Number(process.env['FUZZ_SEED'] ?? 7);

/** Calls `fn` three times: without a transaction, in a read transaction, and in a write transaction. */
function inTransactions(env: Environment, runs: number, fn: (run: number) => void): void {
  for (let from = 0; from < runs; from += 60) {
    const slice = (): void => {
      for (let run = from; run < from + 60; run++) fn(run);
    };
    const kind = (from / 60) % 3;
    if (kind === 0) slice();
    else if (kind === 1) env.read(slice);
    else env.write(slice);
  }
}

describe.each(['lent', 'copied'])('ranges that are %s, against a sorted array', (memory) => {
  const below = random(SEED);
  const env = openTemporary(memory === 'copied' ? { memory: 'copy' } : {});
  const all = worlds(env, below);
  afterAll(() => env.close());

  test.each(['plain', 'numbers', 'texts'])(`bounds, offset, limit and distinct of %s, seed ${SEED}`, (name) => {
    const world = all[name] as World;
    inTransactions(env, RUNS, (run) => {
      const options = randomBounds(below, world.key, world.prefix);
      if (below(3) === 0) options.distinct = true;
      const wanted = inBounds(world.pairs, options, keyIn).slice(0, options.limit);
      checkRange(world, options, wanted, below(6), () => `run ${run}: ${JSON.stringify(options)}`);
    });
  });

  test.each(['numbers', 'texts'])(`bounds, offset and limit of the values of a key of %s, seed ${SEED}`, (name) => {
    const world = all[name] as World;
    inTransactions(env, RUNS, (run) => {
      const key = world.key(below);
      const options = randomBounds(below, world.value, world.prefix);
      const pairs = world.pairs.filter(([own]) => own === key);
      const wanted = inBounds(pairs, options, valueIn).slice(0, options.limit);
      const where = (): string => `run ${run}: ${key} ${JSON.stringify(options)}`;
      const range = world.items.getAll(key, options);
      const way = below(4);
      if (way === 0) same([range.count()], [wanted.length], where);
      else if (way === 1) same(range.toArray(), wanted.map(valueIn), where);
      else if (way === 2) same(range.keys().toArray(), wanted.map(keyIn), where);
      else same(range.values().toArray(), wanted.map(valueIn), where);
    });
  });

  test.each(['plain', 'numbers', 'texts'])(`seek() and next() at random in ranges of %s, seed ${SEED}`, (name) => {
    const world = all[name] as World;
    inTransactions(env, RUNS / 2, (run) => {
      const options = randomBounds(below, world.key, world.prefix);
      if (below(3) === 0) options.distinct = true;
      const iterator = world.items.range(options)[Symbol.iterator]();
      const list = inBounds(world.pairs, options, keyIn);
      walk(below, iterator, list, options, world.key, keyIn, ({ key, value }) => [key, value], String(run));
    });
  });

  test.each(['numbers', 'texts'])(
    `seek() and next() at random among the values of a key of %s, seed ${SEED}`,
    (name) => {
      const world = all[name] as World;
      inTransactions(env, RUNS / 2, (run) => {
        const key = world.key(below);
        const options = randomBounds(below, world.value, world.prefix);
        const list = inBounds(
          world.pairs.filter(([own]) => own === key),
          options,
          valueIn,
        );
        const iterator = world.items.getAll(key, options)[Symbol.iterator]();
        walk(below, iterator, list, options, world.value, valueIn, (value) => [key, value], String(run));
      });
    },
  );

  test.each(['plain', 'numbers', 'texts'])(`pages of %s, one after the other, seed ${SEED}`, (name) => {
    const world = all[name] as World;
    inTransactions(env, RUNS / 8, (run) => {
      const options = { ...randomBounds(below, world.key, world.prefix), limit: 1 + below(100) };
      if (below(3) === 0) options.distinct = true;
      const wanted = inBounds(world.pairs, options, keyIn);
      const range = (more: object) => world.items.range({ ...options, offset: 0, ...more });
      walkPages(world, range, options, wanted, () => `run ${run}: ${JSON.stringify(options)}`);
    });
  });

  test.each(['numbers', 'texts'])(`pages of the values of a key of %s, seed ${SEED}`, (name) => {
    const world = all[name] as World;
    inTransactions(env, RUNS / 8, (run) => {
      const key = world.key(below);
      const options = { ...randomBounds(below, world.value, world.prefix), limit: 1 + below(100) };
      const wanted = inBounds(
        world.pairs.filter(([own]) => own === key),
        options,
        valueIn,
      ).map(valueIn);
      const got: Word[] = [];
      let offset = options.offset ?? 0;
      for (let cursor: string | undefined; ; offset = 0) {
        const page = world.items.getAll(key, { ...options, offset, cursor }).page();
        got.push(...page.items);
        cursor = page.cursor;
        if (cursor === undefined) break;
        same([page.items.length], [options.limit], () => `run ${run}`);
      }
      same(got, wanted, () => `run ${run}: ${key} ${JSON.stringify(options)}`);
    });
  });
});

/** Moves an iterator at random, and compares each step with a list. */
function walk<T>(
  below: Below,
  iterator: SeekableIterator<T, Word>,
  list: Pair[],
  options: RangeOptions<Word>,
  word: (below: Below) => Word,
  of: (pair: Pair) => Word,
  shown: (item: T) => Pair,
  where: string,
): void {
  let at = 0;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const steps: string[] = [JSON.stringify(options)];
  for (let step = 0; step < 14; step++) {
    if (below(3) === 0) {
      const target = word(below);
      steps.push(`seek ${target}`);
      iterator.seek(target);
      at = soughtAt(list, target, options.reverse === true, of);
    }
    const { done, value } = iterator.next();
    const wanted = left > 0 ? list[at] : undefined;
    same([done === true ? undefined : shown(value)], [wanted], () => `run ${where}: ${steps.join(', ')}`);
    if (wanted === undefined) {
      iterator.seek(word(below));
      same([iterator.next().done], [true], () => `run ${where}, after the end`);
      return;
    }
    at++;
    left--;
  }
  iterator.return?.();
}

function walkPages(
  world: World,
  range: (more: object) => Range<Word, Word>,
  options: RangeOptions<Word> & { limit: number },
  wanted: Pair[],
  where: () => string,
): void {
  const got: Pair[] = [];
  let offset = options.offset ?? 0;
  for (let cursor: string | undefined; ; offset = 0) {
    const page = range({ offset, cursor }).page();
    for (const { key, value } of page.items) got.push([key, value]);
    const last = page.items.at(-1);
    cursor = page.cursor;
    if (cursor === undefined) break;
    const rest = wanted.length - got.length;
    const found = [
      page.items.length,
      /^[\w-]+$/.test(cursor),
      range({}).cursorAfter(last as never),
      world.items.count({ ...options, offset: 0, limit: 1e6, cursor }),
    ];
    same(found, [options.limit, true, cursor, rest], where);
  }
  same(got, wanted, where);
}
