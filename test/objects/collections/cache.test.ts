import { expect, test } from 'vitest';
import { tuple } from '../../../lib/index.ts';
import { CachedRows, RowCache } from '../../../lib/objects/collections/row-cache.ts';
import { openStore, PersistentMap } from '../../../lib/objects/index.ts';
import { temporaryFolder } from '../../support/fixture.ts';
import { Item, outside, stored } from './store.ts';

test('a view has in memory what was read last, up to its bound', () => {
  const cache = new RowCache(10);
  const rows = [new CachedRows<number>(cache), new CachedRows<number>(cache)];
  const [first, second] = rows as [CachedRows<number>, CachedRows<number>];
  const known = (): number => first.size + second.size;
  first.set(1, 'first');
  for (let n = 0; n < 100; n++) {
    (n % 2 === 0 ? first : second).set(100 + n, n + 1);
    expect(first.get(1)).toBe('first');
    expect(known()).toBeLessThanOrEqual(10);
  }
  expect([first.get(198), second.get(199), first.get(100)]).toEqual([99, 100, undefined]);
  first.delete(198);
  second.clear();
  expect([first.get(198), second.get(199), first.get(1)]).toEqual([undefined, undefined, 'first']);
  cache.clear();
  expect(known()).toBe(0);
});

test('what was read is forgotten when it is changed, whoever changes it', async () => {
  const path = temporaryFolder();
  const store = stored(path);
  const keys = ['text', 7, ['FR', 17]];
  const { root } = store;
  root.map = new PersistentMap();
  const { map } = root;
  const values = (): unknown[] => keys.map((key) => map.get(key));
  const change = async (value: unknown, by: () => unknown): Promise<void> => {
    values();
    await by();
    store.refresh();
    expect(values()).toEqual([value, value, value]);
    expect(values()).toEqual([value, value, value]);
  };
  const setAll = (target: PersistentMap<unknown, unknown>, value: unknown): void => {
    for (const key of keys) target.set(key, value);
  };
  const other = openStore(path, { durability: 'nosync' });
  await change('outside', () => setAll(map, 'outside'));
  await change('in a write', () => store.write(() => setAll(map, 'in a write')));
  await change('elsewhere', () => setAll(other.root.map, 'elsewhere'));
  await change('transact', () => store.transact((txn) => setAll(txn.root.map, 'transact')));
  await change('transact', () => {
    const failing = () =>
      store.write(() => {
        setAll(map, 'rolled back');
        expect(values()).toEqual(['rolled back', 'rolled back', 'rolled back']);
        throw new Error('no');
      });
    expect(failing).toThrow('no');
  });
  await change(undefined, () => map.clear());
  setAll(map, 'again');
  await change(undefined, () => outside(() => keys.map((key) => other.root.map.delete(key))));
  // More commits than the view looks through.
  setAll(map, 'before');
  await change('many', () => {
    for (let n = 0; n < 300; n++) other.root.n = n;
    setAll(other.root.map, 'many');
  });
});

test('an object that was read by key is the same object, and has what others have made of it', () => {
  const path = temporaryFolder();
  const store = stored(path);
  store.root.map = new PersistentMap({ key: tuple });
  const { map } = store.root;
  map.set(['a'], new Item({ n: 1 }));
  const item = map.get(['a']);
  expect([map.get(['a']) === item, item.n]).toEqual([true, 1]);
  const other = openStore(path, { durability: 'nosync' });
  other.root.map.get(['a']).n = 2;
  store.refresh();
  expect([map.get(['a']) === item, map.get(['a']).n]).toEqual([true, 2]);
  using view = store.snapshot();
  const seen = view.root.map.get(['a']);
  item.n = 3;
  expect([view.root.map.get(['a']) === seen, seen.n, item.n]).toEqual([true, 2, 3]);
});

test('Dates and bytes are copies for each reader; other plain values are shared', () => {
  const { root } = stored();
  root.map = new PersistentMap();
  const { map } = root;
  map.set('date', { at: new Date(5) }).set('plain', { list: [1] });
  map.get('date').at.setTime(99);
  const plain = map.get('plain');
  expect([map.get('date').at.getTime(), map.get('plain') === plain]).toEqual([5, true]);
});
