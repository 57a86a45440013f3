import { expect, test } from 'vitest';
import type { RecordedChange } from '../../../lib/versions/change-record.ts';
import { RecentChanges } from '../../../lib/versions/engine/recent-changes.ts';
import { Random, SEED } from '../random.ts';

const MOST_KEYS = 20;

test(`what it knows of the commits that it has not forgotten is what they have changed (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const keys = Array.from({ length: 8 }, (_, i) => Uint8Array.of(i));
  const recent = new RecentChanges(0, MOST_KEYS);
  const commits: Uint8Array[][] = [[]];
  const changedIn = (tid: number, key: Uint8Array) => commits[tid]?.includes(key) === true;
  for (let tid = 1; tid <= 500; tid++) {
    const changed = keys.filter(() => random.chance(0.2));
    commits.push(changed);
    recent.add({ tid, changes: [{ collection: 'items', keys: changed } as unknown as RecordedChange] });
    recent.trim();
    expect(recent.start).toBeLessThan(tid + 1);
    expect(recent.isEmpty).toBe(recent.start === tid);
    const known = commits.slice(recent.start + 1).flat().length;
    expect(known).toBeLessThanOrEqual(MOST_KEYS);
    for (const key of keys) {
      const after = recent.start + random.below(tid - recent.start + 1);
      const upTo = after + random.below(tid - after + 1);
      const all = Array.from({ length: tid }, (_, i) => i + 1).filter(
        (each) => each > recent.start && changedIn(each, key),
      );
      expect(recent.firstAfter({ collection: 'items', key }, after)).toBe(all.find((each) => each > after));
      expect(recent.lastUpTo({ collection: 'items', key }, upTo)).toBe(all.findLast((each) => each <= upTo));
      const range = { lower: key, lowerOpen: false, upper: key, upperOpen: false };
      expect(recent.touches('items', range, after, upTo)).toBe(all.some((each) => each > after && each <= upTo));
      if (recent.start > 0) expect(recent.touches('items', range, recent.start - 1, tid)).toBe(true);
    }
  }
});
