import { expect, test } from 'vitest';
import { Random } from '../../../lib/cache/generator/random.ts';
import { GhostTable } from '../../../lib/cache/structures/ghost-table.ts';
import { HitCounters } from '../../../lib/cache/structures/hit-counters.ts';

test('a hash is remembered until so many bytes have left after it', () => {
  const ghosts = new GhostTable(new Uint32Array(1024), 640);
  ghosts.add(7, 100);
  for (let i = 0; i < 5; i++) ghosts.add(100 + i, 128);
  expect(ghosts.take(7)).toBe(true);
  expect(ghosts.take(7)).toBe(false);
  ghosts.add(7, 100);
  for (let i = 0; i < 6; i++) ghosts.add(100 + i, 128);
  expect(ghosts.take(7)).toBe(false);
});

test('a table that is too small forgets early, and never invents', () => {
  const ghosts = new GhostTable(new Uint32Array(64), 2 ** 20);
  const random = new Random(1);
  const added = new Set<number>();
  let found = 0;
  for (let i = 0; i < 5000; i++) {
    const hash = Math.floor(random.next() * 2 ** 32);
    if (random.below(3) > 0) {
      ghosts.add(hash, 100);
      added.add(hash);
    } else if (ghosts.take(random.below(2) === 0 ? hash : ([...added].at(-1 - random.below(10)) as number))) {
      found++;
    }
    expect(ghosts.take(hash ^ 0x5555)).toBe(added.has(hash ^ 0x5555));
  }
  expect(found).toBeGreaterThan(200);
});

test('two tables over one memory are one, also when the clock has gone around', () => {
  const words = new Uint32Array(new SharedArrayBuffer(4096));
  const [a, b] = [new GhostTable(words, 10_000), new GhostTable(words, 10_000)];
  words[0] = 2 ** 32 - 3;
  a.add(1, 64);
  b.add(2, 200);
  expect([a.take(2), b.take(1), b.take(3)]).toEqual([true, true, false]);
});

test('counters count to a limit, in memory that others share', () => {
  const cells = new Uint8Array(new SharedArrayBuffer(64));
  const [a, b] = [new HitCounters(cells, 3), new HitCounters(cells, 3)];
  for (let i = 0; i < 5; i++) (i % 2 === 0 ? a : b).hit(65);
  expect([a.get(65), b.get(65), b.get(1), a.get(2)]).toEqual([3, 3, 3, 0]);
  a.set(65, 0);
  expect(b.get(65)).toBe(0);
});
