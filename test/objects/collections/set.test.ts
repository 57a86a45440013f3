import { expect, test } from 'vitest';
import { utf8 } from '../../../lib/index.ts';
import { openStore, PersistentMap, PersistentSet, persistent, t } from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';

const Frob = persistent('set.Frob', { n: t.i32 })(class Frob {});
type Frob = InstanceType<typeof Frob>;
const frob = (n: number): Frob => new Frob({ n });
const numbersOf = (set: Iterable<unknown>): unknown[] => [...set].map((each) => (each instanceof Frob ? each.n : each));

interface Root {
  set: PersistentSet<Frob | string | number>;
  frob: Frob;
}

test('a set refers to objects, gives the objects themselves, and keeps them reachable', async () => {
  const path = temporaryFolder();
  const store = openStore<Root>(path);
  const d = store.root;
  d.set = new PersistentSet();
  d.frob = frob(1);
  d.set.add('text').add(d.frob).add(frob(2)).add(d.frob);
  expect([d.set.size, d.set.has(d.frob), d.set.has(frob(1)), d.set.has('text')]).toEqual([3, true, false, true]);
  expect(numbersOf(d.set)).toEqual(['text', 1, 2]);
  expect([...d.set][1]).toBe(d.frob);
  expect([...d.set.page({ limit: 2 }).items]).toEqual(['text', d.frob]);
  expect((await store.collect()).deleted).toBe(0);
  for await (const problem of store.check()) expect(problem).toBeUndefined();
  expect([d.set.delete(d.frob), d.set.delete(d.frob), d.set.delete(frob(2))]).toEqual([true, false, false]);
  d.frob = frob(3);
  expect((await store.collect()).deleted).toBe(1);
  store.close();
  const again = openStore<Root>(path);
  expect(numbersOf(again.root.set)).toEqual(['text', 2]);
  again.close();
});

test('a set that is not stored has objects that are not stored, and both are stored together', () => {
  const store = openStore<Root>(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  d.frob = frob(1);
  const set = new PersistentSet<Frob | string | number>();
  const [second, third] = [frob(2), frob(3)];
  set.add(third).add(second).add(d.frob).add(third).add('a');
  expect([set.size, set.has(second), set.has(frob(2)), set.delete(second), set.has(second)]).toEqual([
    4,
    true,
    false,
    true,
    false,
  ]);
  set.add(second);
  expect(() =>
    store.write(() => {
      d.set = set;
      expect(set.has(third)).toBe(true);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect([set.size, set.has(third), set.has(d.frob)]).toEqual([4, true, true]);
  d.set = set;
  expect([d.set.has(third), d.set.has(second), d.set.has(d.frob), d.set.size]).toEqual([true, true, true, 4]);
  expect(new Set(d.set)).toEqual(new Set(['a', d.frob, second, third]));
  store.close();
});

test('a set in a snapshot and in a transaction gives the objects of that view, and knows those of others', async () => {
  const store = openStore<Root>(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  store.write(() => {
    d.frob = frob(1);
    d.set = new PersistentSet();
    d.set.add(d.frob);
  });
  const { frob: live } = d;
  const snapshot = store.snapshot();
  const [seen] = snapshot.root.set;
  expect([seen === snapshot.root.frob, seen === live, snapshot.root.set.has(live)]).toEqual([true, false, true]);
  await store.transact(async (txn) => {
    const made = frob(2);
    txn.root.set.add(made);
    await null;
    expect([txn.root.set.has(made), txn.root.set.has(live), txn.root.set.delete(live)]).toEqual([true, true, true]);
    expect([...txn.root.set]).toEqual([made]);
  });
  expect(numbersOf(d.set)).toEqual([2]);
  snapshot.end();
  const other = openStore<Root>(temporaryFolder(), { durability: 'nosync' });
  other.root.set = new PersistentSet();
  expect(other.root.set.has(live)).toBe(false);
  expect(() => other.root.set.add(live)).toThrow(expect.objectContaining({ code: 'ERR_NOT_PERSISTENT' }));
});

test('a change of a set names the objects', async () => {
  const store = openStore<Root>(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  d.set = new PersistentSet();
  d.frob = frob(1);
  const changes = store.watch(d.set);
  store.write(() => d.set.add(d.frob).add('a'));
  const { value } = await changes.next();
  expect(value?.keys).toEqual(['a', d.frob]);
  store.close();
});

test('an object is no key of a map, and no element of a set with a codec', () => {
  const refused = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' });
  expect(() => new PersistentMap<unknown, number>().set(frob(1), 1)).toThrow(refused);
  expect(() => new PersistentSet<unknown>({ key: utf8 }).add(frob(1))).toThrow(refused);
});

test('the operations of two sets are those of a Set', () => {
  const store = openStore<Root>(temporaryFolder(), { durability: 'nosync' });
  const d = store.root;
  const [a, b] = [frob(1), frob(2)];
  store.write(() => {
    d.set = new PersistentSet<Frob | string | number>();
    d.set.add('x').add('y').add(a);
  });
  for (const other of [
    new Set<Frob | string | number>(['y', 'z', a, b]),
    new PersistentSet<Frob | string | number>(),
  ]) {
    for (const each of ['y', 'z', a, b]) other.add(each);
    expect(new Set(d.set.union(other))).toEqual(new Set(['x', 'y', 'z', a, b]));
    expect([...d.set.intersection(other)]).toEqual(['y', a]);
    expect([...d.set.difference(other)]).toEqual(['x']);
    expect(new Set(d.set.symmetricDifference(other))).toEqual(new Set(['x', 'z', b]));
    expect([d.set.isSubsetOf(other), d.set.intersection(other).isSubsetOf(other)]).toEqual([false, true]);
    expect([d.set.isSupersetOf(other), d.set.isSupersetOf(d.set.intersection(other))]).toEqual([false, true]);
    expect([d.set.isDisjointFrom(other), d.set.difference(other).isDisjointFrom(other)]).toEqual([false, true]);
  }
  const codec = new PersistentSet<string>({ key: utf8 });
  expect((codec.add('a').union(new Set(['b'])) as unknown as { codec: string }).codec).toBe('utf8');
  store.close();
});
