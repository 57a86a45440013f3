import { expect, test } from 'vitest';
import { ItemNames, MOST_NAME } from '../../../lib/cache/checkpoints/item-names.ts';
import { decodeCheckpoints, encodeCheckpoints, type Point } from '../../../lib/cache/checkpoints/point.ts';
import {
  adopt,
  begin,
  bounded,
  type CheckpointState,
  look,
  rebuilt,
  shifted,
  told,
} from '../../../lib/cache/checkpoints/rules.ts';
import type { Change, StateKey, Tid } from '../../../lib/versions/engine/engine.ts';

const point = (tid: Tid): Point => ({ tid, nonce: `n${tid}` });
const key = (name: string): StateKey => ({ collection: 'items', key: Buffer.from(name) });
const change = (tid: Tid, ...names: string[]): Change => ({
  ...point(tid),
  time: 0,
  ids: [],
  changes: [{ collection: 'items', keys: names.map((name) => Buffer.from(name)), range: undefined, dropped: false }],
});
const tids = (state: CheckpointState, name: string, at: Tid): (Tid | undefined)[] => {
  const found = look(state, key(name), at);
  return [found?.first.tid, found?.second?.tid];
};

/** Commits 1 to 9; `a` changes with 3 and 7, `b` with 5. The checkpoints are 6 and 4. */
function nine(): CheckpointState {
  let state = begin({ tid: 0, nonce: '' });
  for (let tid = 1; tid < 10; tid++) {
    state = told(state, change(tid, tid === 3 || tid === 7 ? 'a' : tid === 5 ? 'b' : 'others'));
  }
  const adoption = adopt(state, { c0: point(6), c1: point(4) });
  return (adoption as { state: CheckpointState }).state;
}

test.each([
  ['changed after both checkpoints', 'a', 9, [7, undefined]],
  ['changed after the view, and not before it since the older checkpoint', 'a', 6, [6, 4]],
  ['changed between the checkpoints', 'b', 9, [6, 5]],
  ['not changed', 'c', 9, [6, 4]],
  ['of a view before the newer checkpoint', 'c', 5, [4, undefined]],
  ['of a view before the newer checkpoint, changed before it', 'b', 5, [5, undefined]],
  ['of a view before both checkpoints', 'c', 3, [undefined, undefined]],
])('a key that has %s', (_what, name, at, wanted) => {
  expect(tids(nine(), name as string, at as Tid)).toEqual(wanted);
});

test('a commit that does not follow the one before it makes all unknown', () => {
  const state = told(nine(), change(11, 'a'));
  expect(state.known.start).toMatchObject(point(11));
  expect(state.checkpoints).toMatchObject({ c0: point(11), c1: point(11) });
  expect(tids(state, 'a', 9)).toEqual([undefined, undefined]);
});

test('what is read again must be every commit', () => {
  expect(rebuilt(undefined, [change(4, 'a'), change(6, 'a')])).toBeUndefined();
  const state = rebuilt(undefined, [change(4, 'a'), change(5, 'a')]) as CheckpointState;
  expect(state.known.start).toMatchObject(point(4));
  expect(rebuilt(undefined, [change(1, 'a')])?.known.start).toMatchObject({ tid: 0, nonce: '' });
});

test('the checkpoints move when enough has changed since, and both when far more has', () => {
  const state = nine();
  const stored = state.checkpoints;
  const cache = { stored, kind: 'adopted', rounds: 0 } as const;
  expect(shifted(state, cache, 3)).toBeUndefined();
  expect(shifted(state, cache, 2)).toMatchObject({ c0: point(9), c1: point(6) });
  expect(shifted(state, cache, 0.5)).toMatchObject({ c0: point(9), c1: point(9) });
  // Another process has moved them.
  expect(shifted(state, { ...cache, stored: { c0: point(8), c1: point(6) } }, 1)).toBeUndefined();
});

test('checkpoints that nobody can use are replaced', () => {
  const state = nine();
  const stored = { c0: point(20), c1: point(18) };
  expect(adopt(state, stored).kind).toBe('future');
  expect(shifted(state, { stored, kind: 'future', rounds: 1 }, 100)).toBeUndefined();
  expect(shifted(state, { stored, kind: 'future', rounds: 1000 }, 100)).toMatchObject({ c0: point(9), c1: point(9) });
  const other = { c0: { tid: 6, nonce: 'another' }, c1: point(4) };
  expect(adopt(state, other).kind).toBe('other');
  expect(shifted(state, { stored: other, kind: 'other', rounds: 0 }, 100)).toMatchObject({
    c0: point(9),
    c1: point(9),
  });
  expect(adopt(state, { c0: point(6), c1: point(2) }).kind).toBe('unknown');
  expect(shifted(state, { stored: undefined, kind: 'adopted', rounds: 0 }, 100)).toBe(state.checkpoints);
});

test('without a cache that takes checkpoints, what is known stays bounded', () => {
  const state = nine();
  expect(bounded(state, 100)).toBe(state);
  expect(bounded(state, 3).known.size).toBe(0);
});

test.each([
  ['no JSON', '{'],
  ['something else', '{"a":1}'],
  ['a number that is none', '[1.5,"a",1,"b"]'],
  ['a number that is too large', '[1e300,"a",1,"b"]'],
  ['no nonce', '[2,"a",1,7]'],
  ['the newer one behind the older one', '[1,"a",2,"b"]'],
])('checkpoints that are %s are none', (_what, text) => {
  expect(decodeCheckpoints(Buffer.from(text))).toBeUndefined();
});

test('checkpoints are read as they were written', () => {
  const checkpoints = { c0: point(6), c1: point(4) };
  expect(decodeCheckpoints(encodeCheckpoints(checkpoints))).toEqual(checkpoints);
});

test('names of items are short, have no spaces, and differ', () => {
  const keys = ['', 'a', 'A', ' ', '\r\n', 'a:1', 'x'.repeat(120), 'x'.repeat(121), 'x'.repeat(5000)];
  const found = new Set<string>();
  for (const [store, rights] of [
    ['one', ''],
    ['two', ''],
    ['one', 'r'],
  ] as const) {
    const names = new ItemNames(store, rights);
    found.add(names.checkpoints);
    for (const collection of ['items', 'item s', 'i'.repeat(400)]) {
      for (const name of keys) {
        for (const tid of [1, 36, Number.MAX_SAFE_INTEGER]) {
          const own = names.ofState(names.ofKey({ collection, key: Buffer.from(name) }), point(tid));
          expect(own).toMatch(/^[!-~]+$/);
          expect(own.length).toBeLessThanOrEqual(MOST_NAME);
          found.add(own);
        }
      }
    }
  }
  expect(found.size).toBe(3 * (1 + 3 * keys.length * 3));
});
