import { describe, expect, test } from 'vitest';
import { Random } from '../../../lib/cache/generator/random.ts';
import { POLICIES } from '../../../lib/cache/policies/policies.ts';
import type { Policy } from '../../../lib/cache/policies/policy.ts';
import { runs } from '../../support/runs.ts';
import * as models from './models.ts';

const MODELS: { [name: string]: (capacity: number) => models.Model } = {
  's3-fifo': (capacity) => models.s3Fifo(capacity, true),
  's3-fifo-plain': (capacity) => models.s3Fifo(capacity, false),
  gdsf: models.gdsf,
  'w-tinylfu': models.wTinyLfu,
  arc: models.arc,
  '2q': models.twoQ,
  sieve: models.sieve,
  clock: models.clock,
  lru: models.lru,
  fifo: models.fifo,
  pages: models.pages,
  buddy: models.buddy,
  ring: models.ring,
  'two-files': (capacity) => models.twoFiles(capacity),
  'two-files-copy': (capacity) => models.twoFiles(capacity, true),
};
const KEYS = 60;

const seed = Number(process.env['FUZZ_SEED'] ?? 1);

/** A size that belongs to a key, mostly small; now and then larger than a cache, and now and then another one. */
function sizeOf(key: number, random: Random): number {
  const of = random.below(20) === 0 ? random : new Random(key + 1000);
  const large = of.below(12);
  return 1 + of.below(large === 0 ? 9000 : large < 3 ? 2000 : 300);
}

/** Calls `step` with random operations; popular keys change over time. */
function operations(random: Random, count: number, step: (op: 'access' | 'remove', key: number, size: number) => void) {
  for (let i = 0; i < count; i++) {
    const spread = random.below(4) === 0 ? KEYS : 12;
    const key = (random.below(spread) + Math.floor(i / 150) * 5) % KEYS;
    step(random.below(25) === 0 ? 'remove' : 'access', key, sizeOf(key, random));
  }
}

const keysIn = (policy: Policy): number[] =>
  Array.from({ length: KEYS }, (_, key) => key).filter((key) => policy.has(key));

test('every policy has a model', () => {
  expect(Object.keys(POLICIES).sort()).toEqual(Object.keys(MODELS).sort());
});

describe.each(Object.keys(MODELS))('%s', (name) => {
  test(`does what its model does, seed ${seed}`, () => {
    for (let run = 0; run < runs(12, 1000); run++) {
      const random = new Random(seed * 10_000 + run);
      const capacity = [4096, 6000, 8192, 20_000][run % 4] as number;
      const policy = new (POLICIES[name] as new (capacity: number) => Policy)(capacity);
      const model = (MODELS[name] as (capacity: number) => models.Model)(capacity);
      let step = 0;
      operations(random, 400, (op, key, size) => {
        step++;
        let isSame = true;
        if (op === 'remove') {
          policy.remove(key);
          model.remove(key);
        } else {
          isSame = policy.access(key, size) === model.access(key, size);
        }
        const contents = model.contents();
        isSame &&= contents.length === policy.count && contents.every((item) => policy.has(item.key));
        isSame &&= policy.bytes === contents.reduce((sum, item) => sum + item.size, 0);
        if (isSame) return;
        const keys = contents.map((item) => item.key).sort((a, b) => a - b);
        expect(keysIn(policy), `run ${run}, step ${step}: ${op} ${key} ${size}`).toEqual(keys);
        expect.unreachable(`run ${run}, step ${step}: ${op} ${key} ${size}`);
      });
    }
  });
});

test.each(Object.keys(POLICIES))('%s: bytes stay below the bound, and only what was let in is hit', (name) => {
  const policy = new (POLICIES[name] as new (capacity: number) => Policy)(10_000);
  const wrong: string[] = [];
  const check = (isRight: boolean, what: string) => isRight || wrong.push(what);
  let [hits, admitted] = [0, 0];
  operations(new Random(seed), 3000, (op, key, size) => {
    const had = policy.has(key);
    const { writes, hitWrites, count } = policy;
    if (op === 'remove') {
      check(policy.remove(key) === had, 'what remove gives');
      check(!policy.has(key) && policy.count === count - (had ? 1 : 0), 'what remove does');
      return;
    }
    const isHit = policy.access(key, size);
    check(isHit === had, 'a hit');
    if (isHit) hits++;
    else if (policy.has(key)) admitted++;
    check(policy.hitWrites - hitWrites === (isHit ? policy.writes - writes : 0), 'writes of a hit');
    check(policy.bytes <= 10_000, 'the bound');
  });
  expect(wrong).toEqual([]);
  expect(Math.min(hits, admitted)).toBeGreaterThan(100);
  expect(policy.writes).toBeGreaterThanOrEqual(admitted);
});

test.each(['s3-fifo', 's3-fifo-plain', 'sieve', 'clock', 'fifo', 'two-files'])('%s: a hit writes nothing', (name) => {
  const policy = new (POLICIES[name] as new (capacity: number) => Policy)(10_000);
  operations(new Random(seed), 3000, (op, key, size) => op === 'access' && policy.access(key, size));
  expect(policy.hitWrites).toBe(0);
});
