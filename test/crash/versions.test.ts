import { expect, test } from 'vitest';
import { json, utf8 } from '../../lib/index.ts';
import { changeLog, checkChangeLog } from '../support/change-log.ts';
import { WaitingChild } from '../support/child.ts';
import { openAt, temporaryFolder } from '../support/fixture.ts';
import { isLong } from '../support/long.ts';

/**
 * Counts up in a collection with versions, in every way in which it can be written, and tells [tid, count] of each
 * commit. Between two counts, it also deletes and clears, and rolls back what it has written.
 */
const source = `
const { writeSync } = await import('node:fs');
const env = open(args.path, { durability: 'nosync', changes: { count: 5000 } });
const items = env.collection('items', { key: utf8, value: json, versions: true });
const tellSync = (value) => writeSync(1, JSON.stringify(value) + '\\n');
for (let round = 0; ; round++) {
  const own = args.name + ' ' + (round % 300);
  const told = env.write(() => {
    const count = (items.get('count') ?? 0) + 1;
    items.put('count', count);
    items.put(own, round);
    if (round % 7 === 0) items.del(args.name + ' ' + ((round + 11) % 300));
    if (round % 101 === 0) items.clear({ prefix: args.name + ' 1' });
    return [items.version('count'), count];
  });
  tellSync(told);
  try {
    env.write(() => {
      items.put('count', -1);
      env.write(() => items.put(args.name + ' rolled back', round));
      throw new Error('back');
    });
  } catch {}
  const version = items.version('count');
  const count = items.get('count') + 1;
  // Another process may have counted meanwhile.
  if (round % 2 === 0) {
    if (items.putIf('count', count, version)) tellSync([undefined, count]);
  } else {
    const [put] = await Promise.allSettled([
      env.batch([{ type: 'put', collection: items, key: 'count', value: count, ifVersion: version }]),
      env.batch([{ type: 'put', collection: items, key: 'count', value: -2, ifVersion: version + 1e9 }]),
      env.batch([{ type: 'put', collection: items, key: own, value: 'batch' }]),
    ]);
    if (put.status === 'fulfilled') tellSync([undefined, count]);
  }
}
`;

test('processes that write at once, and are killed, give no number twice, lose no count, and leave a log that has every change', async () => {
  const path = temporaryFolder();
  const counts = new Set<number>();
  const numbers = new Map<number, number>();
  let told = 0;
  const note = ([tid, count]: [number | null, number]): void => {
    told++;
    // Each count was committed once, by one process.
    expect(counts.has(count)).toBe(false);
    counts.add(count);
    if (tid === null) return;
    expect(numbers.get(tid)).toBeUndefined();
    numbers.set(tid, count);
  };
  for (let round = 0; round < (isLong ? 30 : 2); round++) {
    const children = ['a', 'b', 'c'].map((name) => new WaitingChild(source, { path, name }));
    for (let i = 0; i < 40 + ((round * 37) % 100); i++) {
      for (const child of children) note((await child.next()) as [number | null, number]);
    }
    // One is killed while the others write.
    await children[round % 3]?.kill();
    await Promise.all(children.map((child) => child.kill()));
    for (const child of children) for (const each of child.rest()) note(each as [number | null, number]);

    const env = openAt(path, { changes: { count: 5000 } });
    const items = env.collection('items', { key: utf8, value: json, versions: true });
    checkChangeLog(env, 'items');
    const { commits, storeId } = changeLog(path);
    expect(env.storeId).toBe(storeId);
    const last = env.read(({ tid }) => tid);
    expect(Math.max(...numbers.keys())).toBeLessThanOrEqual(last);
    expect(Math.max(...commits.keys())).toBe(last);
    expect(items.get('count')).toBeGreaterThanOrEqual(Math.max(...counts));
    for (const name of ['a', 'b', 'c']) expect(items.has(`${name} rolled back`)).toBe(false);
    // A commit that was not told may have counted too, at most one for each killed process.
    expect(Math.max(...counts) - counts.size).toBeLessThanOrEqual(3 * (round + 1));
    env.close();
  }
  expect(told).toBeGreaterThan(100);
}, 300_000);
