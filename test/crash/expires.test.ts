import { expect, test } from 'vitest';
import { json, utf8 } from '../../lib/index.ts';
import { native } from '../../lib/native/native.ts';
import { WaitingChild } from '../support/child.ts';
import { indexed } from '../support/expiry-index.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

/** Stores values with earlier and later times and without one, deletes them, rolls back and sweeps; tells after each round. */
const source = `
const env = open(args.path, { durability: 'nosync', sweep: false });
const items = env.collection('items', { key: utf8, value: json, versions: true, expires: true });
const HOUR = 3_600_000;
for (let round = 0; ; round++) {
  const key = (i) => args.name + ' ' + ((round * 7 + i) % 200);
  env.write(() => {
    for (let i = 0; i < 5; i++) items.putUntil(key(i), round, Date.now() + (1 + ((round * 13 + i) % 50)) * HOUR);
    items.put(key(5), round);
    items.del(key(6));
    if (round % 29 === 0) items.clear({ prefix: args.name + ' 1' });
  });
  try {
    env.write(() => {
      items.putUntil(key(7), 'rolled back', Date.now() + HOUR);
      throw new Error('back');
    });
  } catch {}
  await env.batch([{ type: 'put', collection: items, key: key(8), value: round, expires: Date.now() - 1 }]);
  if (round % 3 === 0) await env.sweep({ limit: 20 });
  tell(round);
}
`;

test('after processes were killed while they wrote, a sweep finds every value that has expired, and the index has no other', async () => {
  const path = temporaryFolder();
  for (let round = 0; round < (isLong ? 30 : 3); round++) {
    const children = ['a', 'b'].map((name) => new WaitingChild(source, { path, name }));
    for (let i = 0; i < 20 + ((round * 37) % 60); i++) for (const child of children) await child.next();
    await Promise.all(children.map((child) => child.kill()));

    const env = openAt(path, { sweep: false });
    const items = env.collection('items', { key: utf8, value: json, versions: true, expires: true });
    const staying = items
      .range()
      .filter(({ expires }) => expires === Number.POSITIVE_INFINITY)
      .toArray().length;
    expect(items.count()).toBeGreaterThan(staying);
    expect(
      items
        .range()
        .filter(({ value }) => value === 'rolled back')
        .toArray(),
    ).toEqual([]);
    native.shiftClock(100 * 3_600_000);
    try {
      await env.sweep();
      expect(items.stat().entries).toBe(staying);
    } finally {
      native.shiftClock(0);
    }
    env.close();
    expect(indexed(path, 'items')).toBe(0);
  }
}, 300_000);
