import { expect, test } from 'vitest';
import { Counter, openStore, persistent, ref, t } from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

const Wheel = persistent('pluck.Wheel', {
  size: t.u16,
  name: t.utf8,
  made: t.date,
  rim: t.optional(t.u32),
  bytes: t.bytes,
  spokes: t.list(t.u8),
  tags: t.json<unknown[]>(),
  twin: ref().optional(),
})(class {});
const FrontWheel = persistent('pluck.FrontWheel', { lamp: t.bool })(class FrontWheel extends Wheel {});
const Other = persistent('pluck.Other', { size: t.u16 })(class {});

const FIELDS = ['size', 'name', 'made', 'rim', 'bytes', 'spokes', 'tags', 'twin'] as const;

const given = (i: number) => ({
  size: i % 1000,
  name: `wheel ${i}`,
  made: new Date(i),
  bytes: new Uint8Array([i % 256]),
  spokes: [i % 9, 2],
  tags: [i, { deep: i }],
  ...(i % 3 === 0 && { rim: i }),
});

/** A store with as many wheels, every fifth a FrontWheel, and another object behind each. */
function wheels(count: number, path = temporaryFolder()) {
  const store = openStore(path, { durability: 'nosync' });
  store.write(() => {
    const list: object[] = [];
    for (let i = 0; i < count; i++) {
      const twin = i % 2 === 1 ? { twin: list[0] as object } : {};
      list.push(
        i % 5 === 4 ? new FrontWheel({ ...given(i), lamp: true, ...twin }) : new Wheel({ ...given(i), ...twin }),
      );
      list.push(new Other({ size: 7 }));
    }
    store.root.list = list;
    store.root.counter = new Counter();
  });
  return store;
}

const shown = (value: unknown): unknown =>
  value instanceof Object && 'toArray' in value ? [...(value as never)] : value;

test('each field has in pluck() what it has in the objects, in their order, subclasses included', () => {
  const path = temporaryFolder();
  wheels(150, path).close();
  const store = openStore(path);
  const snapshot = store.snapshot();
  for (const reading of [store, snapshot]) {
    for (const field of FIELDS) {
      const values = [...reading.pluck(Wheel, field)].map(shown);
      expect(values.length).toBe(150);
      expect(values).toEqual([...reading.all(Wheel)].map((wheel) => shown(wheel[field])));
    }
    expect([...reading.pluck(FrontWheel, 'size')]).toEqual([...reading.all(FrontWheel)].map(({ size }) => size));
    const [first] = reading.all(Wheel);
    expect([...reading.pluck(Wheel, 'twin')].filter((twin) => twin === first).length).toBe(75);
  }
  expect(Object.isFrozen([...store.pluck(Wheel, 'tags')][0])).toBe(true);
  snapshot.end();
  store.close();
});

test('pluck() sees what a write and a transaction have changed, and a snapshot does not', async () => {
  const store = wheels(3);
  const snapshot = store.snapshot();
  const sizes = (reading: Pick<typeof store, 'pluck'>) => [...reading.pluck(Wheel, 'size')];
  store.write(() => {
    const [first] = store.all(Wheel);
    if (first !== undefined) first.size = 40;
    store.root.more = new Wheel({ ...given(9), size: 50 });
    expect(sizes(store)).toEqual([40, 1, 2, 50]);
  });
  await store.transact((txn) => {
    txn.root.more.size = 60;
    expect(sizes(txn)).toEqual([40, 1, 2, 60]);
  });
  expect([sizes(store), sizes(snapshot)]).toEqual([
    [40, 1, 2, 60],
    [0, 1, 2],
  ]);
  snapshot.end();
  expect(() => sizes(snapshot)).toThrow(expect.objectContaining({ code: 'ERR_TXN_ENDED' }));
  store.close();
});

test('a loop over pluck() may write, and may stop', () => {
  const store = wheels(500);
  const seen: number[] = [];
  for (const size of store.pluck(Wheel, 'size')) {
    seen.push(size);
    if (seen.length % 100 === 0) store.root.counter.add(1);
  }
  expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i));
  const values = store.pluck(Wheel, 'name');
  for (const name of values) if (name === 'wheel 3') break;
  expect(values.next()).toEqual({ done: true, value: undefined });
  expect(store.root.counter.value).toBe(5);
  store.close();
});

test('pluck() refuses what is no class and no field', () => {
  const store = wheels(1);
  const wrong = (of: unknown, name: unknown) => () => store.pluck(of as typeof Wheel, name as 'size');
  expect(wrong(Date, 'size')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  for (const name of ['nope', 'constructor', undefined, Symbol('x'), {}]) {
    expect(wrong(Wheel, name)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  }
  store.close();
});
