import { describe, expect, test } from 'vitest';
import { uint32, utf8 } from '../../lib/index.ts';
import { codeOf, collectionOf } from '../support/fixture.ts';

function world(count: number) {
  const made = collectionOf({ key: uint32, value: utf8 });
  made.env.write(() => {
    for (let i = 0; i < count; i++) made.items.append(2 * i, `value ${2 * i}`);
  });
  return made;
}
type Items = ReturnType<typeof world>['items'];

interface Case {
  reverse: boolean;
  /** The loop calls this at each key. */
  step: (items: Items, key: number) => void;
  /** The keys that the loop must see, of 0, 2, … 18. */
  sees: number[];
}

const cases: Record<string, Case> = {
  'what is put behind it': {
    reverse: false,
    step: (items, key) => void (key % 4 === 0 && items.put(key + 1, 'new')),
    sees: [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18],
  },
  'what is put behind it, in reverse': {
    reverse: true,
    step: (items, key) => void (key % 4 === 0 && key > 0 && items.put(key - 1, 'new')),
    sees: [18, 16, 15, 14, 12, 11, 10, 8, 7, 6, 4, 3, 2, 0],
  },
  'not what is put before it': {
    reverse: false,
    step: (items, key) => void (key > 0 && items.put(key - 1, 'new')),
    sees: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  },
  'not what is put before it, in reverse': {
    reverse: true,
    step: (items, key) => items.put(key + 1, 'new'),
    sees: [18, 16, 14, 12, 10, 8, 6, 4, 2, 0],
  },
  'not what is deleted behind it': {
    reverse: false,
    step: (items, key) => void items.del(key + 2),
    sees: [0, 4, 8, 12, 16],
  },
  'not what is deleted behind it, in reverse': {
    reverse: true,
    step: (items, key) => void (key > 0 && items.del(key - 2)),
    sees: [18, 14, 10, 6, 2],
  },
  'all that follows though it deletes where it stands': {
    reverse: false,
    step: (items, key) => void items.del(key),
    sees: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  },
  'all that follows though it deletes where it stands, in reverse': {
    reverse: true,
    step: (items, key) => void items.del(key),
    sees: [18, 16, 14, 12, 10, 8, 6, 4, 2, 0],
  },
  'nothing more once all is cleared': { reverse: false, step: (items) => items.clear(), sees: [0] },
  'what follows a large value that was put behind it, after it had read to its end': {
    reverse: false,
    step: (items, key) => void (key === 16 && items.put(17, 'x'.repeat(100_000))),
    sees: [0, 2, 4, 6, 8, 10, 12, 14, 16, 17, 18],
  },
  'only what is put after all was cleared': {
    reverse: false,
    step: (items, key) => {
      if (key > 2) return;
      items.clear();
      items.put(key + 5, 'new');
    },
    sees: [0, 5],
  },
};

describe.each(Object.entries(cases))('a range in a write transaction sees %s', (_, { reverse, step, sees }) => {
  test('by range(), keys(), values() and scan()', () => {
    const loops: ((items: Items, visit: (key: number) => void) => void)[] = [
      (items, visit) => {
        for (const { key } of items.range({ reverse })) visit(key);
      },
      (items, visit) => {
        for (const key of items.range({ reverse }).keys()) visit(key);
      },
      (items, visit) => items.scan({ reverse }, ({ key }) => visit(key)),
    ];
    for (const loop of loops) {
      const { env, items } = world(10);
      const seen: number[] = [];
      env.write(() =>
        loop(items, (key) => {
          seen.push(key);
          step(items, key);
        }),
      );
      expect(seen).toEqual(sees);
    }
  });
});

describe('a range in a write transaction', () => {
  test('keeps its bounds and its limit while entries come and go', () => {
    const { env, items } = world(100);
    env.write(() => {
      const seen: number[] = [];
      for (const { key, value } of items.range({ gt: 10, lte: 40, limit: 8 })) {
        seen.push(key);
        expect(value).toMatch(/^(value|new) \d+$/);
        items.put(key + 1, `new ${key + 1}`);
        items.del(key - 2);
      }
      expect(seen).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
      const bounded = [];
      for (const key of items.range({ gte: 60, lt: 64, reverse: true }).keys()) {
        bounded.push(key);
        items.put(59, 'outside');
        items.put(64, 'outside');
      }
      expect(bounded).toEqual([62, 60]);
    });
  });

  test('goes on over many pages that split and merge under it', () => {
    const { env, items } = world(2000);
    env.write(() => {
      let seen = 0;
      for (const { key } of items.range()) {
        if (key % 2 === 1) throw new Error(`saw ${key}, which was put before it`);
        seen++;
        if (key > 0) items.put(key - 1, 'x'.repeat(500));
        if (key % 8 === 0) items.del(key);
      }
      expect(seen).toBe(2000);
      expect(items.count()).toBe(2000 + 1999 - 500);
    });
  });

  test('is one with its children: it sees what they committed, and not what they undid', () => {
    const { env, items } = world(4);
    env.write(() => {
      const seen: number[] = [];
      for (const key of items.range().keys()) {
        seen.push(key);
        if (key === 0) env.write(() => items.put(1, 'new'));
        if (key === 2) {
          expect(() =>
            env.write(() => {
              items.clear();
              items.put(3, 'undone');
              throw new Error('undo');
            }),
          ).toThrow('undo');
        }
      }
      expect(seen).toEqual([0, 1, 2, 4, 6]);
    });
  });

  test('of an outer transaction cannot step while a child is open', () => {
    const { env, items } = world(4);
    env.write(() => {
      const iterator = items.range().keys()[Symbol.iterator]();
      expect(iterator.next().value).toBe(0);
      env.write(() => {
        expect(codeOf(() => iterator.next())).toBe('ERR_BUSY');
      });
      const again = items.range().keys()[Symbol.iterator]();
      expect(again.next().value).toBe(0);
    });
  });

  test('ends with it', () => {
    const { env, items } = world(4);
    const iterator = env.write(() => {
      const opened = items.range()[Symbol.iterator]();
      expect(opened.next().value?.key).toBe(0);
      return opened;
    });
    expect(codeOf(() => iterator.next())).toBe('ERR_TXN_ENDED');
    const range = env.write(() => items.range());
    expect(codeOf(() => range.toArray())).toBe('ERR_TXN_ENDED');
    expect(codeOf(() => range.count())).toBe('ERR_TXN_ENDED');
  });
});
