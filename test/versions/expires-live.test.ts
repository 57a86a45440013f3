// Ranges that are iterated in a transaction while it changes entries around the place of the iterator, among entries that have expired.
import { expect, test } from 'vitest';
import { type ChangingTxn, type Collection, type Environment, utf8 } from '../../lib/index.ts';
import { pass, shiftedNow } from '../support/clock.ts';
import { openTemporary } from '../support/fixture.ts';

const MINUTE = 60_000;

type Items = Collection<string, string>;

/** Entries `live`, which stay, and entries `dead`, which have expired. */
function world(live: string, dead: string): { env: Environment; items: Items } {
  const env = openTemporary({ sweep: false });
  const items = env.collection('items', { key: utf8, value: utf8, versions: true, expires: true });
  for (const key of live) items.put(key, 'live');
  for (const key of dead) items.putUntil(key, 'dead', shiftedNow() + MINUTE);
  pass(2 * MINUTE);
  return { env, items: items as unknown as Items };
}

/** Calls `fn` in each kind of transaction that can change entries. What it changes is not stored. */
async function inEach(live: string, dead: string, fn: (items: Items, txn: ChangingTxn) => void): Promise<void> {
  const { env, items } = world(live, dead);
  const undo = new Error('undo');
  expect(() =>
    env.write((txn) => {
      fn(items, txn);
      throw undo;
    }),
  ).toThrow(undo);
  await expect(
    env.transact((txn) => {
      fn(items, txn);
      throw undo;
    }),
  ).rejects.toBe(undo);
}

const rest = (iterator: Iterator<unknown>): string => {
  let keys = '';
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) keys += String(step.value);
  return keys;
};

test.each([false, true])(
  'an entry that is added before the next one that has expired is found (reverse: %s)',
  async (reverse) => {
    const [live, dead, added, expected] = reverse ? ['ex', 'ab', 'c', 'c'] : ['ae', 'hx', 'f', 'f'];
    await inEach(live as string, dead as string, (items, txn) => {
      const keys = items.range({ reverse }, txn).keys()[Symbol.iterator]();
      keys.next();
      keys.next();
      items.put(added as string, 'new', txn);
      expect(rest(keys)).toBe(expected);
    });
  },
);

test('entries that were read ahead are read again after a change', async () => {
  await inEach('abcdfgh', 'e', (items, txn) => {
    const keys = items.range({}, txn).keys()[Symbol.iterator]();
    expect(String(keys.next().value)).toBe('a');
    items.del('b', txn);
    items.put('bb', 'new', txn);
    items.put('e', 'new', txn);
    expect(rest(keys)).toBe('bbcdefgh');
  });
});
