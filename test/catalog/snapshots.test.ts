import { describe, expect, test } from 'vitest';
import { uint32, utf8 } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { codeOf, collectionOf, openAt, openTemporary } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };

/** Makes collections in a process of its own, with entries in them. */
function makeInChild(path: string, names: string[]): void {
  const program = `
    const env = open(args.path, { durability: 'nosync' });
    for (const name of args.names) {
      const made = env.collection(name, { key: utf8, value: utf8 });
      env.write(() => { for (let i = 0; i < 50; i++) made.put(name + ' ' + i, 'value ' + i); });
    }
    env.close();
    tell(1);`;
  askChild(program, { path, names });
}

describe('a collection that is newer than a snapshot', () => {
  test('reads as empty there, whatever reads it', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    using old = env.read();
    const made = env.collection('made', strings);
    made.put('m', '2');
    using later = env.read();
    const look = (txn: typeof old): unknown[] => [
      made.get('m', txn),
      made.has('m', txn),
      made.getMany(['m', 'n'], txn),
      made.getBuffer('m', txn)?.toString(),
      made.range({}, txn).keys().toArray(),
      made.range({ reverse: true, gte: 'a' }, txn).keys().toArray(),
      made.count({}, txn),
      made.count({ gt: 'a' }, txn),
      made.stat(txn).entries,
    ];
    expect(look(old)).toEqual([undefined, false, [undefined, undefined], undefined, [], [], 0, 0, 0]);
    expect(look(later)).toEqual(['2', true, ['2', undefined], '2', ['m'], ['m'], 1, 1, 1]);
    expect(items.get('a', old)).toBe('1');
    made.scan({}, () => expect.unreachable(), old);
  });

  test('reads as empty in a write transaction that was undone, and afterwards', () => {
    const env = openTemporary();
    const made = env.collection('made', strings);
    expect(() =>
      env.write(() => {
        made.put('m', '1');
        throw new Error('undo');
      }),
    ).toThrow('undo');
    expect([made.count(), made.get('m')]).toEqual([0, undefined]);
    made.put('n', '2');
    expect(made.range().keys().toArray()).toEqual(['n']);
  });

  test('can be made while others read, and inside env.read', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    const made = env.read((txn) => {
      const inside = env.collection('made', strings);
      expect([inside.count({}, txn), inside.count(), items.get('a', txn)]).toEqual([0, 0, '1']);
      return inside;
    });
    made.put('m', '1');
    for (const { key } of items.range()) env.collection(`of ${key}`, strings).put(key, 'x');
    expect(env.collections()).toEqual(['items', 'made', 'of a']);
  });

  test('does not read as another that was made before it', () => {
    const env = openTemporary();
    const first = env.collection('0', strings);
    first.put('0', 'first');
    const snapshots = [];
    for (let i = 1; i < 40; i++) {
      snapshots.push(env.read());
      env.collection(String(i), strings).put(String(i), `value ${i}`);
    }
    snapshots.forEach((txn, age) => {
      for (let i = 0; i < 40; i++) {
        const keys = env.collection(String(i), strings).range({}, txn).keys().toArray();
        expect([age, i, keys]).toEqual([age, i, i <= age ? [String(i)] : []]);
      }
    });
    for (const txn of snapshots) txn.end();
  });
});

describe('a collection that another process made', () => {
  test('is opened by a process that has been open longer', () => {
    const env = openTemporary();
    makeInChild(env.path, ['theirs']);
    expect(codeOf(() => env.collection('theirs', { key: uint32 }))).toBe('ERR_CODEC');
    const theirs = env.collection('theirs');
    expect([theirs.count(), theirs.get('theirs 7' as never), env.collections()]).toEqual([50, 'value 7', ['theirs']]);
  });

  test('is read by every snapshot that contains it', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    const before = env.read();
    makeInChild(env.path, ['theirs', 'unrelated']);
    const containing = env.read();
    items.put('a', '2');
    const newest = env.read();
    // Open the collection only now, when three snapshots are open and one of them is the newest.
    const theirs = env.collection('theirs', strings);
    expect([theirs.count({}, before), theirs.get('theirs 1', before)]).toEqual([0, undefined]);
    expect(theirs.range({}, before).toArray()).toEqual([]);
    expect([theirs.count({}, newest), theirs.get('theirs 1', newest)]).toEqual([50, 'value 1']);
    expect(theirs.range({}, containing).keys().count()).toBe(50);
    // The older ones go on reading what they read before.
    expect([before, containing, newest].map((txn) => items.get('a', txn))).toEqual(['1', '1', '2']);
    expect(env.collection('unrelated', strings).count({}, newest)).toBe(50);
    for (const txn of [before, containing, newest]) txn.end();
    expect(theirs.count()).toBe(50);
  });

  test('does not disturb cursors of a snapshot in which it is first used', async () => {
    const { env, items } = collectionOf(strings);
    env.write(() => {
      for (let i = 0; i < 3000; i++) items.put(String(10_000 + i), `value ${i}`);
    });
    makeInChild(env.path, ['theirs']);
    const txn = env.read();
    const iterator = items.range({}, txn)[Symbol.iterator]();
    const entries = [iterator.next().value];
    const theirs = env.collection('theirs', strings);
    expect(theirs.count({}, txn)).toBe(50);
    const inner = theirs.range({}, txn).toArray();
    for (let step = iterator.next(); step.done !== true; step = iterator.next()) entries.push(step.value);
    txn.end();
    await txn.drained;
    expect(entries.map((entry) => entry?.value)).toEqual(Array.from({ length: 3000 }, (_, i) => `value ${i}`));
    expect(inner.map(({ key }) => key)).toHaveLength(50);
    expect(env.counters().snapshots).toBe(0);
  });

  test('is opened inside env.write', () => {
    const { env } = collectionOf(strings);
    makeInChild(env.path, ['theirs']);
    const theirs = env.write(() => {
      const opened = env.collection('theirs', strings);
      opened.put('ours', 'value');
      expect(opened.count()).toBe(51);
      return opened;
    });
    expect([theirs.count(), env.collection('theirs')]).toEqual([51, theirs]);
  });
});

test('handles of one process see each other’s collections at once', () => {
  const { env } = collectionOf(strings);
  const second = openAt(env.path);
  using old = second.read();
  env.collection('made', strings).put('m', '1');
  const made = second.collection('made', strings);
  expect([made.get('m'), made.get('m', old), second.collections()]).toEqual(['1', undefined, ['items', 'made']]);
});
