import { describe, expect, test } from 'vitest';
import { ToldChanges } from '../../lib/postgres/told-changes.ts';
import type { Change } from '../../lib/versions/engine/engine.ts';
import { codeOf } from '../support/fixture.ts';
import { keyOf } from '../versions/engine/calls.ts';

describe('a commit of this process', () => {
  const told = (): { changes: ToldChanges; tids: number[] } => {
    const changes = new ToldChanges({ storeId: 'store', epoch: 1, tid: 7, nonce: 'seven' });
    const tids: number[] = [];
    changes.listeners.onChange(({ tid }) => void tids.push(tid));
    return { changes, tids };
  };
  const change = (tid: number): Change => ({
    tid,
    nonce: `own ${tid}`,
    time: 0,
    ids: [],
    changes: [{ collection: 'items', keys: [keyOf('a')], range: undefined, dropped: false }],
  });

  test('is told at once if it follows on what was told', () => {
    const { changes, tids } = told();
    expect(changes.takeOwn(change(8), { before: 'seven', epoch: 1, history: 3 })).toBe(true);
    expect(changes.takeOwn(change(9), { before: 'own 8', epoch: 1, history: 4 })).toBe(true);
    expect([tids, changes.tid, changes.history, changes.nonceOf(9)]).toEqual([[8, 9], 9, 4, 'own 9']);
    expect(changes.nextOf({ collection: 'items', key: keyOf('a') }, 8, 8)).toBe(9);
  });

  test.each([
    ['there is a commit in between', 9, 'seven', 1],
    ['it was told already', 7, 'seven', 1],
    ['the commit before it is another one', 8, 'other seven', 1],
    ['the store was said to have another history', 8, 'seven', 2],
  ])('is left to a poll if %s', (_, tid, before, epoch) => {
    const { changes, tids } = told();
    expect(changes.takeOwn(change(tid), { before, epoch, history: 3 })).toBe(false);
    expect([tids, changes.tid, changes.history]).toEqual([[], 7, 0]);
  });

  test('is missed in what a poll gives that was sent before it, if the server has another history since', () => {
    const { changes, tids } = told();
    const after = changes.told;
    const polled = (nonce: string) => ({
      ...{ tid: 9, nonce: 'other 9', history: 0, log: 0, epoch: 1, isStandby: false, before: 'seven' },
      changes: [
        { ...change(8), nonce },
        { ...change(9), nonce: 'other 9' },
      ],
    });
    changes.takeOwn(change(8), { before: 'seven', epoch: 1, history: 0 });
    expect(codeOf(() => changes.take(polled('other 8'), after, 'somewhere'))).toBe('ERR_SNAPSHOT_LOST');
    expect(tids).toEqual([8]);
    expect(changes.take(polled('own 8'), after, 'somewhere')).toBe(false);
    expect(tids).toEqual([8, 9]);
  });
});
