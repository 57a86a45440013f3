import { expect, test } from 'vitest';
import { tuple } from '../../lib/index.ts';
import { openStore, PersistentMap, persistent, ref, t } from '../../lib/objects/index.ts';
import { temporaryFolder } from '../support/fixture.ts';

interface Frobs {
  foo: number;
  next?: Frobs | undefined;
}

const Frob = persistent('test.Frob', {
  foo: t.i32,
  bar: t.i32,
  next: ref((): (new () => Frobs) => Frob as never).optional(),
  tags: t.json<unknown[]>(),
})(
  (Base) =>
    class Frob extends Base {
      #five = 5;
      sum() {
        return this.foo + this.bar + this.#five - 5;
      }
    },
);

function stored() {
  const path = temporaryFolder();
  return { path, store: openStore(path, { durability: 'nosync' }) };
}

test('what is assigned is there, also after the store was opened again', () => {
  const { path, store } = stored();
  const d = store.root;
  d.x = new Frob({ foo: 9, bar: 23, tags: [] });
  expect(d.x).toBe(d.x);
  d.x.foo += 1;
  store.write(() => {
    d.stock ??= new PersistentMap({ key: tuple });
    d.stock.set(['FR', 17], d.x);
    d.x.tags.push('a');
  });
  expect(d.stock.get(['FR', 17])).toBe(d.x);
  store.close();
  const { root, close } = { root: openStore(path).root, close: () => {} };
  expect([root.x.sum(), root.x.foo, root.x.tags, root.stock.size, Object.keys(root)]).toEqual([
    33,
    10,
    ['a'],
    1,
    ['stock', 'x'],
  ]);
  expect(root.stock.get(['FR', 17])).toBe(root.x);
  close();
});

test('a write that throws leaves objects as they were, and new ones not stored', () => {
  const { store } = stored();
  const d = store.root;
  d.x = new Frob({ foo: 1, bar: 2, tags: [] });
  const other = new Frob({ foo: 3, bar: 4, tags: [] });
  expect(() =>
    store.write(() => {
      d.x.foo = 99;
      d.x.next = other;
      throw new Error('no');
    }),
  ).toThrow('no');
  expect([d.x.foo, d.x.next, [...store.all(Frob)].length]).toEqual([1, undefined, 1]);
  d.y = other;
  expect(d.y.sum()).toBe(7);
});

test('a transaction that waits sees one version, and what it has changed itself', async () => {
  const { store } = stored();
  const d = store.root;
  d.x = new Frob({ foo: 10, bar: 0, tags: [] });
  const live = d.x;
  await store.transact(async (txn) => {
    const { x } = txn.root;
    expect(x).not.toBe(live);
    x.foo += 5;
    await null;
    x.next = new Frob({ foo: 1, bar: 2, tags: [{ me: x }] });
    txn.root.list = [x, x.next];
  });
  expect(d.x.foo).toBe(15);
  expect(d.x.next.tags[0].me).toBe(d.x);
  expect(d.list[1]).toBe(d.x.next);
});

test('a snapshot stays as it is; what was read of it can be read after its end', () => {
  const { store } = stored();
  store.root.x = new Frob({ foo: 15, bar: 0, tags: [], next: new Frob({ foo: 1, bar: 1, tags: [] }) });
  const view = store.snapshot();
  store.root.x.foo = 1;
  const held = view.root.x;
  expect(held.foo).toBe(15);
  view.end();
  expect(held.foo).toBe(15);
  expect(() => held.next).toThrow(expect.objectContaining({ code: 'ERR_TXN_ENDED' }));
});

test('a long list of objects is stored and read without recursion', () => {
  const { store } = stored();
  store.write(() => {
    let head = new Frob({ foo: 0, bar: 0, tags: [] });
    for (let i = 1; i < 10_000; i++) head = new Frob({ foo: i, bar: 0, tags: [], next: head });
    store.root.head = head;
  });
  let length = 0;
  for (let each = store.root.head; each !== undefined; each = each.next) length++;
  expect(length).toBe(10_000);
});

test('t.json is a field, and called it is the same one', () => {
  const Note = persistent('test.Note', { text: t.json, tags: t.json(), more: t.json.optional() })(class {});
  const { store } = stored();
  store.root.note = new Note({ text: { de: 'ja' }, tags: [] });
  expect(store.root.note.toObject()).toEqual({ text: { de: 'ja' }, tags: [] });
  expect(t.json).toBe(t.json());
});

test('ref() refuses a class, and says how to give it', () => {
  expect(() => ref(Frob as never)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE', message: expect.stringContaining('ref(() => Gear)') }),
  );
});
