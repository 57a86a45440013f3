import { expect, test } from 'vitest';
import { lastId, saveLastId } from '../../../lib/catalog/catalog.ts';
import { environmentParts } from '../../../lib/environment/environment.ts';
import { openStore, PersistentMap, persistent, ref, t } from '../../../lib/objects/index.ts';
import { inWrite } from '../../../lib/transaction/in-write.ts';
import { codeOf, openTemporary, temporaryFolder } from '../../support/fixture.ts';
import { isLong } from '../../support/long.ts';

interface Nodes {
  n: number;
  next?: Nodes | undefined;
  any?: unknown;
}

const Node = persistent('special.Node', {
  n: t.i32,
  next: ref((): (new () => Nodes) => Node as never).optional(),
  any: t.json<unknown>().optional(),
})(class {});

const open = (path = temporaryFolder()) => ({ path, store: openStore(path, { durability: 'nosync' }) });

test('an environment has one store, whoever opens it', () => {
  const env = openTemporary();
  const store = openStore(env);
  store.root.x = { a: 1 };
  store.close();
  expect(openStore(env)).toBe(store);
  expect(openStore(env).root.x).toEqual({ a: 1 });
});

test('a plain value that is assigned and then read in a write is stored', () => {
  const { store } = open();
  store.root.x = new Node({ n: 1, any: [1] });
  store.write(() => {
    store.root.x.any = { list: [2] };
    expect(store.root.x.any.list[0]).toBe(2);
  });
  expect(store.root.x.any).toEqual({ list: [2] });
});

test('what was changed in place before a write that fails stays, and what that has changed does not', () => {
  const { store } = open();
  store.root.map = new PersistentMap();
  const node = new Node({ n: 1, any: [1] });
  (node.any as number[]).push(2);
  expect(() =>
    store.write(() => {
      store.root.map.set(['k'], node);
      (node.any as number[]).push(3);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(node.any).toEqual([1, 2]);
  store.root.map.set(['k'], node);
  expect(store.root.map.get(['k']).any).toEqual([1, 2]);
});

test('a collection that was first used in a write that failed can be used', () => {
  const { store } = open();
  store.root.map = new PersistentMap();
  const map = new PersistentMap();
  expect(() =>
    store.write(() => {
      store.root.map.set('k', map);
      map.set('a', 1);
      throw new Error('no');
    }),
  ).toThrow('no');
  expect([map.size, map.get('a')]).toEqual([0, undefined]);
  map.set('b', 2);
  store.root.map.set('k', map);
  expect([...store.root.map.get('k')]).toEqual([['b', 2]]);
});

test('a write inside of another refers to what that has made', () => {
  const { store } = open();
  store.root.map = new PersistentMap();
  store.root.x = new Node({ n: 1 });
  store.write(() => {
    const made = new Node({ n: 2 });
    store.root.map.set('k', made);
    store.write(() => {
      store.root.x.next = made;
    });
  });
  expect(store.root.x.next).toBe(store.root.map.get('k'));
});

const LENGTH = isLong ? 1_000_000 : 30_000;

test(`a list of ${LENGTH} objects linked by next is stored in one write, read, and collected`, async () => {
  const { path, store } = open();
  let head: Nodes | undefined;
  for (let n = 0; n < LENGTH; n++) head = new Node({ n, next: head });
  store.root.head = head;
  store.close();
  const again = open(path).store;
  const { root } = again;
  let length = 0;
  for (let each: Nodes | undefined = root.head; each !== undefined; each = each.next) length++;
  expect([length, root.head.n]).toEqual([LENGTH, LENGTH - 1]);
  // All of it is marked.
  expect(await again.collect()).toEqual({ objects: LENGTH + 1, deleted: 0, rows: 0 });
  const end = root.head.next.next;
  root.end = end;
  delete root.head;
  expect((await again.collect()).deleted).toBe(2);
  delete root.end;
  expect((await again.collect()).deleted).toBe(LENGTH - 2);
}, 600_000);

test('a cycle of references is stored in one write, whichever object leads to it', () => {
  const { path, store } = open();
  const [a, b, c] = [1, 2, 3].map((n) => new Node({ n })) as [Nodes, Nodes, Nodes];
  a.next = b;
  b.next = c;
  c.next = a;
  a.any = { back: [a, { c }] };
  store.root.b = b;
  store.close();
  const { root } = open(path).store;
  const { next } = root.b.next;
  expect([root.b.next.n, next.n, next.next.n]).toEqual([3, 1, 2]);
  expect(next.next).toBe(root.b);
  expect(next.any.back[0]).toBe(next);
  expect(next.any.back[1].c).toBe(root.b.next);
});

test('an object belongs to the store that has stored it: another store refuses it, also inside of plain values and as the target of its own', () => {
  const [first, second] = [open().store, open().store];
  const node = new Node({ n: 1 });
  first.root.x = node;
  expect(codeOf(() => (second.root.x = node))).toBe('ERR_NOT_PERSISTENT');
  expect(codeOf(() => (second.root.x = { list: [node] }))).toBe('ERR_NOT_PERSISTENT');
  expect(codeOf(() => (second.root.x = new Node({ n: 2, next: node })))).toBe('ERR_NOT_PERSISTENT');
  expect(Object.keys(second.root)).toEqual([]);
  // It still is an object of the first one.
  node.n = 5;
  expect(first.root.x).toBe(node);
  expect(first.root.x.n).toBe(5);
});

test('a class name has up to 500 bytes, and a name is registered once', () => {
  const long = 'ä'.repeat(250);
  const Long = persistent(long, { n: t.i32 })(class {});
  const { path, store } = open();
  store.root.x = new Long({ n: 7 });
  store.close();
  expect(open(path).store.root.x).toBeInstanceOf(Long);
  expect(codeOf(() => persistent(`${long}a`, {}))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => persistent(long, {})(class {}))).toBe('ERR_INVALID_ARG_VALUE');
  expect(codeOf(() => persistent('other.Name', {}, { aliases: [long] })(class {}))).toBe('ERR_INVALID_ARG_VALUE');
  // What was refused has left no trace.
  persistent('other.Name', {})(class {});
});

test('fields called constructor, __proto__, then, toString and valueOf are fields', async () => {
  const fields = Object.fromEntries(
    ['constructor', '__proto__', 'then', 'toString', 'valueOf'].map((name) => [name, t.json<unknown>()]),
  );
  // In an object literal, and by Object.fromEntries, '__proto__' is an own property only if it is made so.
  expect(Object.hasOwn(fields, '__proto__')).toBe(true);
  const Odd = persistent('special.Odd', fields)(class {});
  const { path, store } = open();
  const given = Object.fromEntries(Object.keys(fields).map((name, i) => [name, [name, i]]));
  store.root.odd = new Odd(given as never);
  store.write(() => {
    for (const name of Object.keys(fields)) store.root.odd[name].push('more');
  });
  store.close();
  const { odd } = open(path).store.root;
  for (const [i, name] of Object.keys(fields).entries()) expect(odd[name]).toEqual([name, i, 'more']);
  expect(odd).toBeInstanceOf(Odd);
  expect(Object.getPrototypeOf(odd)).toBe(Odd.prototype);
  // A `then` that is no function makes no promise of it.
  expect(await odd).toBe(odd);
});

test('properties of the root called constructor, __proto__ and then are properties', () => {
  const { path, store } = open();
  for (const name of ['constructor', '__proto__', 'then', '']) store.root[name] = { name };
  store.close();
  const { root } = open(path).store;
  expect(Object.keys(root).sort()).toEqual(['', '__proto__', 'constructor', 'then']);
  for (const name of ['constructor', '__proto__', 'then', '']) expect(root[name]).toEqual({ name });
});

/** Makes the next id of a store the one after `last`. */
function setLastId(env: ReturnType<typeof openTemporary>, last: number): void {
  inWrite(environmentParts(env).state, (transaction) => saveLastId(transaction, last));
}

test('ids go up to 2 ** 53 - 1; when all are taken, the store says so and stays as it is, and can be collected', async () => {
  const env = openTemporary();
  const store = openStore(env);
  setLastId(env, Number.MAX_SAFE_INTEGER - 100);
  store.write(() => {
    let head: Nodes | undefined;
    for (let n = 0; n < 100; n++) head = new Node({ n, next: head, any: [head ?? null] });
    store.root.head = head;
  });
  expect(codeOf(() => (store.root.more = new Node({ n: 1 })))).toBe('ERR_OUT_OF_RANGE');
  let length = 0;
  using snapshot = store.snapshot();
  for (let each = snapshot.root.head; each !== undefined; each = each.next) {
    if (each.next !== undefined) expect(each.any[0]).toBe(each.next);
    length++;
  }
  expect(length).toBe(100);
  store.root.head.n = 7;
  expect([store.root.head.n, store.root.more]).toEqual([7, undefined]);
  snapshot.end();
  const { next } = store.root.head;
  store.write(() => {
    store.root.rest = next;
    delete store.root.head;
  });
  expect((await store.collect()).deleted).toBe(1);
  expect(store.root.rest.n).toBe(98);
  for await (const problem of store.check()) expect(problem).toBe(undefined);
  delete store.root.rest;
  expect((await store.collect()).deleted).toBe(99);
});

test('a write of the environment around what a store does is rolled back whole, and others get the ids and the numbers of classes', () => {
  const env = openTemporary();
  const [store, other] = [openStore(env), openStore(env.path, { durability: 'nosync' })];
  expect(() =>
    env.write(() => {
      store.root.x = new Node({ n: 1 });
      throw new Error('no');
    }),
  ).toThrow();
  expect(store.root.x).toBe(undefined);
  const Other = persistent('special.Other', { text: t.utf8 })(class {});
  for (let n = 0; n < 100; n++) other.root[`b${n}`] = new Other({ text: `${n}` });
  for (let n = 0; n < 100; n++) store.root[`a${n}`] = new Node({ n });
  other.refresh();
  const { root } = other;
  for (let n = 0; n < 100; n++) expect([root[`a${n}`].n, root[`b${n}`].text]).toEqual([n, `${n}`]);
  other.close();
});

test('a write that fails takes no ids that were claimed before', () => {
  const env = openTemporary();
  const store = openStore(env);
  const claimed = () => env.read(() => inWrite(environmentParts(env).state, lastId));
  store.root.x = new Node({ n: 1 });
  const before = claimed();
  for (let i = 0; i < 20; i++) {
    expect(() =>
      store.write(() => {
        store.root.y = new Node({ n: 2 });
        throw new Error('no');
      }),
    ).toThrow('no');
    store.root.y = new Node({ n: i });
  }
  expect(claimed()).toBe(before);
});
