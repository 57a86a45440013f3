import { describe, test } from 'vitest';
import type { Environment } from '../../lib/index.ts';
import { checkRange, inBounds, keyIn, type Pair, randomBounds, same, soughtAt } from '../read/range-world.ts';
import { openTemporary } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';
import { random } from '../support/sinks.ts';
import { type AnyWorld, anyWorld, describeWord } from './words.ts';

const RUNS = isLong ? 25_000 : 200;
const SEED = Number(process.env['FUZZ_SEED'] ?? 11);

/** Calls `fn` in a transaction of each kind in turn, with the collection changed before each slice, and in a write transaction inside of it. */
function inTransactions(
  env: Environment,
  world: AnyWorld,
  below: (end: number) => number,
  fn: (run: number) => void,
): void {
  for (let from = 0; from < RUNS; from += 50) {
    const slice = (): void => {
      world.sort();
      for (let run = from; run < from + 50; run++) fn(run);
    };
    const change = (): void => {
      for (let i = 0; i < 20; i++) world.change(below);
    };
    const kind = (from / 50) % 3;
    if (kind !== 2) env.write(change);
    if (kind === 0) slice();
    else if (kind === 1) env.read(slice);
    else
      env.write(() => {
        change();
        slice();
        change();
      });
  }
}

const shown = (options: object): string =>
  JSON.stringify(options, (_, value: unknown) => (typeof value === 'string' ? describeWord(value) : value));

describe.each([
  ['lent', false],
  ['lent', true],
  ['copied', false],
  ['copied', true],
])('keys of any length, against a sorted array: %s, with versions %s', (memory, versions) => {
  const below = random(SEED);
  const env = openTemporary(memory === 'copied' ? { memory: 'copy' } : {});
  const world = anyWorld(env, below, 'items', versions, 1500);

  test(`ranges, seed ${SEED}`, () => {
    inTransactions(env, world, below, (run) => {
      const options = randomBounds(below, world.key, world.prefix);
      const wanted = inBounds(world.pairs, options, keyIn).slice(0, options.limit);
      checkRange(world, options, wanted, below(6), () => `run ${run}: ${shown(options)}`);
    });
  });

  test(`seek(), seed ${SEED}`, () => {
    inTransactions(env, world, below, (run) => {
      const options = randomBounds(below, world.key, world.prefix);
      const list = inBounds(world.pairs, options, keyIn);
      const iterator = world.items.range(options)[Symbol.iterator]();
      let given = 0;
      for (let at = 0, moves = below(6); moves > 0; moves--) {
        if (below(2) === 0) {
          const target = world.key(below);
          at = soughtAt(list, target, options.reverse === true, keyIn);
          iterator.seek(target);
        }
        const { done, value } = iterator.next();
        const wanted = given < (options.limit ?? 1e9) ? list[at] : undefined;
        same([done === true ? undefined : value.key], [wanted?.[0]], () => `run ${run}: ${shown(options)}`);
        if (wanted === undefined) break;
        at++;
        given++;
      }
      iterator.return?.();
    });
  });

  test(`pages, seed ${SEED}`, () => {
    inTransactions(env, world, below, (run) => {
      if (run % 10 !== 0) return;
      const options = { ...randomBounds(below, world.key, world.prefix), limit: 1 + below(200) };
      const wanted = inBounds(world.pairs, options, keyIn);
      const got: Pair[] = [];
      let cursor: string | undefined;
      do {
        const offset = cursor === undefined ? (options.offset ?? 0) : 0;
        const page = world.items.range({ ...options, offset, cursor }).page();
        for (const { key, value } of page.items) got.push([key, value]);
        cursor = page.cursor;
      } while (cursor !== undefined);
      same(got, wanted, () => `run ${run}: ${shown(options)}`);
    });
  });

  test(`get(), has(), getMany() and clear(), seed ${SEED}`, () => {
    inTransactions(env, world, below, (run) => {
      const key = world.key(below);
      const value = world.valueOf(key);
      same(
        [world.items.get(key), world.items.has(key)],
        [value, value !== undefined],
        () => `run ${run}: ${shown({ key })}`,
      );
      const others = [key, world.key(below), world.key(below)];
      same(
        world.items.getMany(others),
        others.map((other) => world.valueOf(other as string)),
        () => `run ${run}`,
      );
    });
    for (let run = 0; run < RUNS / 50; run++) {
      const { gt, gte, lt, lte, reverse, limit } = randomBounds(below, world.key, undefined);
      const options = Object.fromEntries(
        Object.entries({ gt, gte, lt, lte, reverse, limit }).filter(([, given]) => given !== undefined),
      );
      const wanted = inBounds(world.sort().pairs, options, keyIn).slice(0, limit);
      same([world.items.clear(options)], [wanted.length], () => `run ${run}: ${shown(options)}`);
      world.clear(wanted.map(keyIn));
      same(world.items.range().keys().toArray(), world.sort().pairs.map(keyIn), () => `run ${run}`);
      env.write(() => {
        for (let i = 0; i < 300; i++) world.change(below);
      });
    }
  });
});
