import { AsyncResource } from 'node:async_hooks';
import { expect, test } from 'vitest';
import {
  idOf,
  openStore,
  PersistentList,
  PersistentMap,
  persistent,
  ref,
  stateOf,
  t,
} from '../../lib/objects/index.ts';
import { codeOf, openTemporary, temporaryFolder } from '../support/fixture.ts';

interface Nodes {
  n: number;
  next?: Nodes | undefined;
}

const Node = persistent('meanwhile.Node', {
  n: t.i32,
  next: ref((): (new () => Nodes) => Node as never).optional(),
})(class {});

const stored = () => openStore(temporaryFolder(), { durability: 'nosync' });
const made = (n: number) => new Node({ n } as never) as Nodes;
const codeIfAny = (fn: () => unknown): string => {
  try {
    fn();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Calls `fn` as code that belongs to no transaction. */
const outside = <T>(fn: () => T): (() => T) => AsyncResource.bind(fn) as () => T;

test('a transaction that refers to what others have stored after it began runs again, and finds it', async () => {
  const store = stored();
  const node = made(1);
  let runs = 0;
  const store1 = outside(() => {
    store.root.x ??= node;
  });
  await store.transact(async (txn) => {
    runs++;
    await undefined;
    store1();
    txn.root.y = [node];
  });
  expect([runs, store.root.y[0] === node]).toEqual([2, true]);
});

test.each([
  ['get()', (txn: Root, node: object) => txn.get(node)],
  ['a row', (txn: Root, node: object) => txn.root.map.set('k', node)],
  ['a reference', (txn: Root, node: object) => (txn.root.a.next = node)],
])('so does one whose function catches the error: %s', async (what, use) => {
  const store = stored();
  store.root.map = new PersistentMap();
  store.root.a = made(0);
  const node = made(1);
  const storeNode = outside(() => {
    store.root.x ??= node;
  });
  const codes: string[] = [];
  await store.transact(async (txn) => {
    storeNode();
    codes.push(codeIfAny(() => use(txn, node)));
  });
  // What fields refer to is looked for when the object is written, after the function.
  expect(codes).toEqual(what === 'a reference' ? ['none', 'none'] : ['ERR_CONFLICT', 'none']);
});

test('what was stored after a transaction began and is gone again is no object', async () => {
  const store = stored();
  const node = made(1);
  store.root.x = node;
  delete store.root.x;
  await store.collect();
  let runs = 0;
  await expect(
    store.transact(async (txn) => {
      runs++;
      txn.root.y = node;
    }),
  ).rejects.toMatchObject({ code: 'ERR_NO_OBJECT' });
  expect(runs).toBe(1);
});

test('who sees the commit of a transaction before the transaction goes on gets the objects that it has stored', async () => {
  const store = stored();
  const node = made(1);
  const map = new PersistentMap<string, unknown>();
  map.set('k', node);
  const committed = store.transact(async (txn) => {
    txn.root.x = node;
    txn.root.map = map;
    node.next = made(2);
  });
  // The commit is made by another thread; nothing that waits goes on here meanwhile.
  for (let i = 0; i < 10; i++) await undefined;
  for (const end = Date.now() + 10_000; !('x' in store.root) && Date.now() < end; ) store.refresh();
  const seen = store.root.x;
  const { next } = seen;
  expect(seen).toBe(node);
  seen.n = 5;
  expect(store.root.map.get('k')).toBe(node);
  await committed;
  expect([store.root.x === node, node.n, node.next === next, next.n]).toEqual([true, 5, true, 2]);
  expect([store.root.map === map, map.size]).toEqual([true, 1]);
  map.set('l', 1);
  expect(store.root.map.get('l')).toBe(1);
});

test('a transaction whose commit fails leaves its objects unstored, and others get none of them', async () => {
  const store = stored();
  const node = made(1);
  let runs = 0;
  const meddle = outside(() => {
    store.root.n = runs;
  });
  const failed = store.transact(
    async (txn) => {
      runs++;
      txn.root.x = [node, txn.root.n ?? 0];
      meddle();
    },
    { retries: 1 },
  );
  await expect(failed).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  expect(idOf(node)).toBe(undefined);
  store.root.x = node;
  expect(store.root.x).toBe(node);
});

test('inside a write, objects of a transaction cannot be changed: a rollback would give their ids to others', async () => {
  const env = openTemporary();
  const store = openStore(env);
  store.root.list = new PersistentList();
  store.root.node = made(0);
  const codes: string[] = [];
  let root: Root['root'];
  let all: () => Iterable<unknown>;
  const write = outside(() =>
    codeOf(() =>
      store.write(() => {
        codes.push(codeOf(() => (root.x = made(1))));
        codes.push(codeOf(() => root.list.push(made(2))));
        // This would write what was changed before.
        codes.push(codeOf(() => [...all()]));
        throw new Error('no');
      }),
    ),
  );
  await store.transact(async (txn) => {
    ({ root } = txn);
    all = () => txn.all(Node as never);
    root.z = root.list.length;
    root.node.n = 5;
    write();
    root.y = made(3);
  });
  expect(codes).toEqual(['ERR_BUSY', 'ERR_BUSY', 'ERR_BUSY']);
  expect([store.root.x, store.root.y.n, store.root.list.length, store.root.node.n]).toEqual([undefined, 3, 0, 5]);
});

test('snapshots of several versions share the state of an object that was changed since', () => {
  const store = stored();
  store.root.x = made(1);
  const first = store.snapshot();
  store.root.other = 1;
  const second = store.snapshot();
  expect(first.tid).toBeLessThan(second.tid);
  store.root.x.n = 2;
  expect(store.root.x.n).toBe(2);
  expect([first.root.x.n, second.root.x.n]).toEqual([1, 1]);
  const state = stateOf(first.root.x);
  expect(stateOf(second.root.x)).toBe(state);
  expect(stateOf(store.root.x)).not.toBe(state);
  const before = store.counters().states;
  first.end();
  second.end();
  expect(store.counters().states).toBeLessThan(before);
});

type Root = { get(object: object): object; root: ReturnType<typeof stored>['root'] };
