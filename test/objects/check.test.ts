import { expect, test } from 'vitest';
import { ID_BYTES, putId } from '../../lib/key/object-id.ts';
import { Base } from '../../lib/objects/base.ts';
import { handleOf, slots } from '../../lib/objects/handle.ts';
import { openStore, PersistentMap, type Problem, persistent, ref, t } from '../../lib/objects/index.ts';
import type { Handle } from '../../lib/objects/model.ts';
import { type RawCollection, rawCollection } from '../../lib/objects/raw-collection.ts';
import { openAt, openTemporary } from '../support/fixture.ts';

interface Nodes {
  next?: Nodes | undefined;
  data: unknown;
}

const Node = persistent('check.Node', {
  next: ref((): (new () => Nodes) => Node as never).optional(),
  data: t.json<unknown>(),
})((Base) => class Node extends Base {});

/** A store, its hidden collections as bytes, and what check() says. */
function stored() {
  const env = openTemporary();
  const store = openStore(env);
  // Another handle: one has its collections open with one codec each.
  const base = new Base(openAt(env.path), 10);
  const check = async (): Promise<Problem[]> => {
    const problems: Problem[] = [];
    for await (const problem of store.check()) problems.push(problem);
    return problems;
  };
  return { store, objects: rawCollection(base.objects), items: rawCollection(base.items), check };
}

const idOf = (object: unknown): number => slots.id(handleOf(object) as Handle);

function keyOf(id: number): Uint8Array {
  const key = new Uint8Array(ID_BYTES);
  putId(key, 0, id);
  return key;
}

function bytesAt(collection: RawCollection, key: Uint8Array): Buffer {
  return collection.get(key)?.toBuffer() as Buffer;
}

/** Keys of the rows of an object: that of its count first. */
function rowsOf(items: RawCollection, id: number): Buffer[] {
  return [...items.range({ prefix: keyOf(id) }).keys()].map((key) => key.toBuffer());
}

test('a sound store has no problems, and neither has one of which garbage is half deleted', async () => {
  const { store, check } = stored();
  const d = store.root;
  store.write(() => {
    d.map = new PersistentMap();
    for (let i = 0; i < 1100; i++) d.map.set([i], new Node({ data: [i], next: new Node({ data: new Date(0) }) }));
    d.node = new Node({ data: { a: [new Node({ data: 1 })], b: d.map } });
  });
  expect(await check()).toEqual([]);
  delete d.map;
  d.node.data = null;
  const ended = new AbortController();
  const collected = store.collect({ signal: ended.signal, onProgress: ({ deleted }) => deleted > 0 && ended.abort() });
  await expect(collected).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect(await check()).toEqual([]);
});

test('references to what is not there', async () => {
  const { store, objects, items, check } = stored();
  const d = store.root;
  d.a = new Node({ data: null, next: new Node({ data: null }) });
  const missing = idOf(d.a.next);
  d.map = new PersistentMap();
  d.map.set(['x'], { in: d.a.next });
  objects.del(keyOf(missing));
  expect(await check()).toEqual([
    {
      kind: 'dangling',
      id: idOf(d.a),
      class: 'check.Node',
      message: expect.stringContaining(`refers to object ${missing}, which is not there`),
    },
    {
      kind: 'dangling',
      id: idOf(d.map),
      class: 'leasehold.Map',
      message: expect.stringContaining(`object ${missing}`),
    },
  ]);
  for (const key of rowsOf(items, idOf(d.map))) items.del(key);
});

test('rows without an owner, and a count that is wrong', async () => {
  const { store, objects, items, check } = stored();
  const d = store.root;
  d.gone = new PersistentMap();
  d.gone.set(['x'], 1);
  const gone = idOf(d.gone);
  delete d.gone;
  objects.del(keyOf(gone));
  d.map = new PersistentMap();
  for (let i = 0; i < 3; i++) d.map.set([i], i);
  const last = rowsOf(items, idOf(d.map)).at(-1) as Buffer;
  items.del(last);
  expect((await check()).map(({ kind, id, class: name }) => [kind, id, name]).sort()).toEqual([
    ['count', idOf(d.map), 'leasehold.Map'],
    ['owner', gone, undefined],
  ]);
});

test('records and rows that cannot be read, classes that are not known, columns of references that are wrong', async () => {
  const { store, objects, items, check } = stored();
  const d = store.root;
  const nodes = [0, 1, 2].map((i) => new Node({ data: [i] }));
  d.nodes = nodes;
  d.map = new PersistentMap();
  d.map.set(['x'], { in: nodes[0] });
  const change = (of: RawCollection, key: Uint8Array, fn: (value: Buffer) => Uint8Array): void => {
    of.put(key, fn(Buffer.from(bytesAt(of, key))));
  };
  const [first, second, third] = nodes.map((each) => keyOf(idOf(each))) as [Uint8Array, Uint8Array, Uint8Array];
  change(objects, first, (value) => Buffer.concat([value.subarray(0, -4), Buffer.from([0, 0, 255, 0])]));
  change(objects, second, (value) => {
    value.writeUInt32BE(4711, value.length - 8);
    return value;
  });
  // A reference in the column that no field has.
  change(objects, third, (value) => Buffer.concat([value.subarray(0, -4), keyOf(1), Buffer.from([0, 0, 0, 1])]));
  change(items, rowsOf(items, idOf(d.map)).at(-1) as Buffer, (value) => {
    value[0] = 77;
    return value;
  });
  expect((await check()).map(({ kind, id, class: name }) => [kind, id, name])).toEqual([
    ['unreadable', idOf(nodes[0]), undefined],
    ['class', idOf(nodes[1]), undefined],
    ['references', idOf(nodes[2]), 'check.Node'],
    ['unreadable', idOf(d.map), 'leasehold.Map'],
  ]);
  // Nothing is deleted where marking cannot be trusted.
  await expect(store.collect()).rejects.toMatchObject({ code: 'ERR_CODEC', id: idOf(nodes[0]) });
});

test('it tells its progress, and ends when it is to', async () => {
  const { store } = stored();
  store.root.a = new Node({ data: null });
  const phases: string[] = [];
  for await (const _ of store.check({
    onProgress: ({ phase, done, total }) => phases.push(`${phase} ${done}/${total}`),
  }));
  expect(phases).toEqual(['objects 2/2', 'rows 2/2']);
  await expect(store.check({ signal: 1 as never }).next()).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  await expect(store.check({ signal: AbortSignal.abort() }).next()).rejects.toMatchObject({ code: 'ABORT_ERR' });
});

test('collect() names a damaged object; it deletes what that has referred to when it is told to skip it, or when nothing refers to it any more', async () => {
  const { store, objects, items } = stored();
  const d = store.root;
  d.damaged = new Node({ data: null, next: new Node({ data: null }) });
  d.map = new PersistentMap();
  d.map.set(['x'], { in: [new Node({ data: null })] });
  d.sound = new Node({ data: null, next: new Node({ data: null }) });
  const [id, owner, next] = [idOf(d.damaged), idOf(d.map), idOf(d.damaged.next)];
  const damage = (of: RawCollection, key: Uint8Array): void =>
    void of.put(key, Buffer.concat([bytesAt(of, key).subarray(0, -4), Buffer.from([0, 0, 255, 0])]));
  damage(objects, keyOf(id));
  damage(items, rowsOf(items, owner).at(-1) as Buffer);
  // The one that is marked last is met first.
  const first = await store.collect().catch((error: { id: number; message: string }) => error);
  expect(first).toMatchObject({ code: 'ERR_CODEC', id: expect.toBeOneOf([id, owner]) });
  const other = (first as { id: number }).id === id ? owner : id;
  await expect(store.collect({ skip: [(first as { id: number }).id] })).rejects.toMatchObject({
    code: 'ERR_CODEC',
    id: other,
  });
  expect(objects.has(keyOf(next))).toBe(true);
  expect(await store.collect({ skip: [id, owner] })).toEqual({ objects: 7, deleted: 2, rows: 0 });
  expect([objects.has(keyOf(id)), objects.has(keyOf(next)), d.sound.next.data]).toEqual([true, false, null]);
  d.map.delete(['x']);
  delete d.damaged;
  expect(await store.collect()).toEqual({ objects: 5, deleted: 1, rows: 0 });
  await expect(store.collect({ skip: [0] })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});
