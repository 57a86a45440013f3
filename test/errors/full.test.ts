import { describe, expect, test } from 'vitest';
import { bytes, type ReadTransaction, uint32 } from '../../lib/index.ts';
import { WaitingChild } from '../support/child.ts';
import { codeOf, collectionOf, openAt, thrown } from '../support/fixture.ts';

const codecs = { key: uint32, value: bytes };

describe('MDB_MAP_FULL', () => {
  const content = (i: number): Buffer => Buffer.alloc(3000, i);

  function filled() {
    const { env, items } = collectionOf(codecs, { mapSize: 2 ** 20 });
    let count = 0;
    const error = thrown(() => {
      for (; ; count++) items.put(count, content(count));
    });
    return { env, items, count, error };
  }

  /** As much as there is room for. */
  function overwrite(items: ReturnType<typeof filled>['items']): void {
    for (let i = 0; i < 50; i++) {
      try {
        items.put(i, Buffer.alloc(2000, 'other'));
      } catch (error) {
        expect((error as { code?: string }).code).toBe('MDB_MAP_FULL');
      }
    }
  }

  test('says what was tried and what to do, and leaves what was committed', () => {
    const { items, count, error } = filled();
    expect(error.code).toBe('MDB_MAP_FULL');
    expect(error.message).toContain('mapSize');
    expect(count).toBeGreaterThan(50);
    const entries = items.range().toArray();
    expect(entries.map(({ key }) => key)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(entries.every(({ key, value }) => value.equals(content(key)))).toBe(true);
  });

  test('goes on until something is deleted; then the database writes again', () => {
    const { items, count } = filled();
    for (let i = 0; i < 5; i++) expect(codeOf(() => items.put(count + i, content(1)))).toBe('MDB_MAP_FULL');
    for (let i = 0; i < 30; i++) expect(items.del(i)).toBe(true);
    for (let i = 0; i < 10; i++) items.put(count + i, content(i));
    expect([items.count(), items.get(count + 9)?.equals(content(9))]).toEqual([count - 20, true]);
  });

  test('survives in what is reopened, and a larger map makes room', () => {
    const { env, items, count } = filled();
    env.resize(2 ** 22);
    items.put(count, content(7));
    env.close();
    const again = openAt(env.path).collection('items', codecs);
    expect([again.count(), again.get(count)?.equals(content(7))]).toEqual([count + 1, true]);
  });

  test('of a collection that cannot be made leaves nothing half made', () => {
    const { env, items, count } = filled();
    // Fill all but the last page, so that there may be room to make a collection but not to remember it.
    for (let i = count; ; i++) {
      try {
        items.put(i, Buffer.alloc(1));
      } catch {
        break;
      }
    }
    const code = codeOf(() => {
      for (let i = 0; i < 2000; i++) env.collection(`another ${i}`, codecs);
    });
    expect(['MDB_MAP_FULL', 'MDB_DBS_FULL']).toContain(code);
    env.resize(2 ** 23);
    const names = env.collections();
    env.close();
    // Each collection that exists must be remembered with its codecs: opening it with another codec fails.
    const again = openAt(env.path, { maxCollections: 1000 });
    for (const name of names.slice(-3)) expect(codeOf(() => again.collection(name, { key: bytes }))).toBe('ERR_CODEC');
  });

  test('while sinks and snapshots are held does them no harm', async () => {
    const { env, items, count } = filled();
    const txn = env.read();
    const held = items.range({}, txn).toArray();
    overwrite(items);
    txn.end();
    await txn.drained;
    overwrite(items);
    expect(held).toHaveLength(count);
    expect(held.every(({ key, value }) => value.equals(content(key)))).toBe(true);
  });
});

describe('MDB_READERS_FULL', () => {
  /** Distinct snapshots, which only commits between them make. */
  function snapshots({ env, items }: ReturnType<typeof world>, count: number): ReadTransaction[] {
    return Array.from({ length: count }, (_, i) => {
      items.put(0, Buffer.of(i));
      return env.read();
    });
  }
  const world = (maxReaders: number) => collectionOf(codecs, { maxReaders });

  test('comes when every slot holds an open snapshot, and goes when one ends', () => {
    const made = world(4);
    const { env, items } = made;
    const txns = snapshots(made, 4);
    items.put(0, Buffer.of(9));
    const error = thrown(() => env.read());
    expect(error.code).toBe('MDB_READERS_FULL');
    expect(error.message).toContain('maxReaders');
    for (const use of [
      () => items.get(0),
      () => items.range().toArray(),
      () => items.scan({}, () => {}),
      () => items.count(),
      () => items.getMany([0]),
      () => env.read(() => 1),
      () => env.collections(),
    ]) {
      expect(codeOf(use)).toBe('MDB_READERS_FULL');
    }
    // Open transactions go on, writes need no slot, and a transaction on the newest snapshot shares the slot of that
    // snapshot.
    expect(txns.map((txn) => items.get(0, txn)?.byteAt(0))).toEqual([0, 1, 2, 3]);
    expect(env.write(() => items.get(0)?.byteAt(0))).toBe(9);
    txns[1]?.end();
    const next = env.read();
    expect([items.get(0, next)?.byteAt(0), env.read(() => items.get(0)?.byteAt(0))]).toEqual([9, 9]);
    for (const txn of [...txns, next]) txn.end();
  });

  test('does not come for snapshots that only wait to be drained', () => {
    const made = world(2);
    const { env, items } = made;
    const held = [];
    for (let i = 0; i < 20; i++) {
      items.put(0, Buffer.of(i));
      held.push(env.read(() => items.get(0)));
    }
    expect(held.map((value) => value?.byteAt(0))).toEqual(held.map((_, i) => i));
    const [one, two] = snapshots(made, 2);
    items.put(0, Buffer.of(99));
    expect(codeOf(() => env.read())).toBe('MDB_READERS_FULL');
    one?.end();
    two?.end();
    expect(env.read(() => items.get(0)?.byteAt(0))).toBe(99);
  });

  test('does not come for ranges that were broken off', () => {
    const { env, items } = world(2);
    env.write(() => {
      for (let i = 0; i < 500; i++) items.put(i, Buffer.alloc(100));
    });
    for (let i = 0; i < 50; i++) {
      for (const _ of items.range()) break;
      items.put(0, Buffer.of(i));
    }
    expect(env.read(() => items.count())).toBe(500);
  });

  /** Takes all slots that it can get, and gives them back when it is told to. */
  const taker = `
    const { createInterface } = await import('node:readline');
    const env = open(args.path, { durability: 'nosync' });
    const items = env.collection('items');
    const txns = [];
    const code = codeOf(() => { for (let i = 0; ; i++) { items.put(0, Buffer.of(i)); txns.push(env.read()); } });
    tell([code, txns.length >= 4]);
    for await (const line of createInterface(process.stdin)) {
      if (line === 'end') { for (const txn of txns) txn.end(); env.resize(); tell('ended'); }
    }
    env.close();`;

  test.each<[string, (holder: WaitingChild) => Promise<unknown>]>([
    ['ends', (holder) => holder.end()],
    ['is killed', (holder) => holder.kill()],
    [
      'ends its transactions and lives on',
      (holder) => {
        holder.send('end');
        return holder.next();
      },
    ],
  ])('of slots that another process holds goes when that %s', async (_, release) => {
    const made = world(6);
    const holder = new WaitingChild(taker, { path: made.env.path });
    const txns: ReadTransaction[] = [];
    const take = (): void => void txns.push(...snapshots(made, 1));
    try {
      expect(await holder.next()).toEqual(['MDB_READERS_FULL', true]);
      const takeAll = (): void => {
        for (;;) take();
      };
      expect(codeOf(takeAll)).toBe('MDB_READERS_FULL');
      const before = txns.length;
      await release(holder);
      for (let i = 0; i < 3; i++) take();
      expect(txns.length).toBe(before + 3);
    } finally {
      await holder.end();
    }
  });
});
