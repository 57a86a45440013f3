import { join } from 'node:path';
import { expect, test } from 'vitest';
import { json, uint32 } from '../../lib/index.ts';
import { Base } from '../../lib/objects/base.ts';
import {
  Counter,
  openStore,
  PersistentList,
  PersistentMap,
  PersistentSet,
  persistent,
  ref,
  t,
} from '../../lib/objects/index.ts';
import { rawCollection } from '../../lib/objects/raw-collection.ts';
import { openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';
import { leasehold, processOf } from './command.ts';

interface Nodes {
  number: number;
  next?: Nodes | undefined;
}

const Node = persistent('cli.Node', { number: t.i32, next: ref((): (new () => Nodes) => Node as never).optional() })(
  (Base) => class Node extends Base {},
);

/** A database with a store: the root has id 1. */
function shop(): string {
  const env = openTemporary();
  const { root } = openStore(env);
  root.first = new Node({ number: 1, next: new Node({ number: 2 }) });
  root.map = new PersistentMap();
  root.map.set(['a', 1], root.first);
  root.dropped = new Node({ number: 3 });
  delete root.dropped;
  env.collection('items', { value: json });
  env.close();
  return env.path;
}

async function lines(...args: string[]): Promise<[status: number | null, ...lines: unknown[]]> {
  const { status, stdout, stderr } = await leasehold(['objects', ...args]);
  expect(stderr).toBe('');
  return [
    status,
    ...stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
  ];
}

const number = (of: unknown): unknown => (of as { fields: { number: unknown } }).fields.number;

test('leasehold objects get: what lists, sets and counters hold', async () => {
  const path = temporaryFolder();
  const store = openStore(path);
  store.write(() => {
    const { root } = store;
    root.list = new PersistentList();
    root.list.push(1, [2]);
    root.set = new PersistentSet();
    root.set.add('a');
    root.counter = new Counter();
    root.counter.add(5);
  });
  store.close();
  for (const [name, fields] of [
    ['list', [1, [2]]],
    ['set', ['a']],
    ['counter', 5],
  ] as const) {
    expect((await lines(path, 'get', name))[1]).toMatchObject({ fields });
  }
});

test('leasehold objects: ls, get, set, classes', async () => {
  const path = shop();
  const [status, ...listed] = await lines(path, 'ls', '--class', 'cli.Node');
  expect([status, listed.map(number).sort()]).toEqual([0, [1, 2, 3]]);
  expect((await lines(path, 'ls', '--limit', '2')).length).toBe(3);
  const first = await lines(path, 'get', 'first');
  expect(first).toEqual([
    0,
    { id: expect.any(Number), class: 'cli.Node', fields: { number: 1, next: expect.anything() } },
  ]);
  const { id } = first[1] as { id: number };
  expect(await lines(path, 'get', String(id))).toEqual(first);
  expect(await lines(path, 'get', `${id}.next.number`)).toEqual([0, 2]);
  expect((await lines(path, 'get', 'map'))[1]).toMatchObject({
    class: 'leasehold.Map',
    fields: [[['a', 1], { $id: id }]],
  });
  expect((await lines(path, 'get', '1'))[1]).toMatchObject({ fields: { first: { $class: 'cli.Node', $id: id } } });
  expect(await lines(path, 'set', 'config', '{"a":[1]}')).toEqual([0]);
  expect(await lines(path, 'get', 'config.a')).toEqual([0, [1]]);
  const [, ...classes] = await lines(path, 'classes');
  expect(classes).toContainEqual({
    number: expect.any(Number),
    class: 'cli.Node',
    objects: 3,
    fields: { number: 'i32', next: 'reference' },
  });
});

test('leasehold objects get goes into maps and lists; set does not replace an object unless it is told to', async () => {
  const path = temporaryFolder();
  const store = openStore(path);
  store.root.guests = new PersistentMap<unknown, unknown>([
    ['ann', new Node({ number: 1, next: new Node({ number: 2 }) })],
    [7, 'seven'],
    ['7', 'the text'],
    [['FR', 1], { a: [1, 2] }],
    ['codec', 'a key'],
  ]);
  store.root.numbers = new PersistentMap([[7, 'seven']], { key: uint32 });
  store.root.list = new PersistentList(['a', { b: 2 }]);
  store.root.plain = 1;
  store.close();
  expect((await lines(path, 'get', 'guests.ann'))[1]).toMatchObject({ class: 'cli.Node', fields: { number: 1 } });
  for (const [at, value] of [
    ['guests.ann.next.number', 2],
    ['guests.7', 'the text'],
    ['guests.["FR",1].a.1', 2],
    ['guests.codec', 'a key'],
    ['numbers.7', 'seven'],
    ['numbers.codec', 'uint32'],
    ['list.0', 'a'],
    ['list.-1.b', 2],
  ] as const) {
    expect(await lines(path, 'get', at)).toEqual([0, value]);
  }
  for (const at of ['guests.bob', 'guests.size', 'numbers.x', 'list.2', 'list.push', 'list.x']) {
    const { status, stderr } = await leasehold(['objects', path, 'get', at]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`nothing at '${at}'`)]);
  }
  expect(await lines(path, 'set', 'plain', '2')).toEqual([0]);
  const refused = await leasehold(['objects', path, 'set', 'guests', '{}']);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/leasehold\.Map.*--replace/s)]);
  expect(await lines(path, 'get', 'guests.codec')).toEqual([0, 'a key']);
  expect(await lines(path, 'set', 'guests', '{}', '--replace')).toEqual([0]);
  expect(await lines(path, 'get', 'guests')).toEqual([0, {}]);
});

test('leasehold objects: collect and check, and their exit codes', async () => {
  const path = shop();
  expect(await lines(path, 'collect')).toEqual([0, { objects: 5, deleted: 1, rows: 0 }]);
  expect(await lines(path, 'check')).toEqual([0]);
  const env = openAt(path);
  const { objects } = new Base(env, 10);
  const ids = [...objects.range().keys()];
  const raw = rawCollection(objects);
  raw.del([...raw.range().keys()].map((key) => key.toBuffer())[2] as Buffer);
  env.close();
  expect(ids.length).toBe(4);
  const [status, problem] = await lines(path, 'check');
  expect([status, problem]).toMatchObject([1, { kind: 'dangling', class: 'cli.Node' }]);
  const verified = processOf(['verify', path]);
  expect(verified.status).toBe(1);
  expect(verified.stdout).toContain('"collection":"__leasehold_objects","entries":3,"problems":1');
});

test('leasehold objects: what cannot be is said', async () => {
  const path = shop();
  const failure = async (...args: string[]): Promise<[number | null, string]> => {
    const { status, stderr } = await leasehold(['objects', ...args]);
    return [status, stderr];
  };
  expect(await failure(path, 'get', 'first.nothing')).toEqual([1, expect.stringContaining('nothing at')]);
  expect(await failure(path, 'get', 'first.constructor')).toEqual([1, expect.stringContaining('nothing at')]);
  expect(await failure(path, 'get', '4711')).toEqual([1, expect.stringContaining('nothing at')]);
  expect(await failure(path, 'fly')).toEqual([2, expect.stringContaining('ls, get, set')]);
  expect(await failure(path, 'get')).toEqual([2, expect.stringContaining('1 argument')]);
  expect(await failure(path, 'set', 'first.number', '1')).toEqual([
    2,
    expect.stringContaining('no property of the root'),
  ]);
  expect(await failure(path, 'set', 'x', '{')).toEqual([2, expect.stringContaining('JSON')]);
  expect(await failure('no-such-store', 'ls')).toEqual([3, expect.stringContaining('ERR_NO_STORE')]);
  const empty = openTemporary();
  empty.collection('items', { value: json });
  empty.close();
  expect(await failure(empty.path, 'ls')).toEqual([3, expect.stringContaining('ERR_NO_COLLECTION')]);
});

test('leasehold stores: add, list, remove', async () => {
  const file = join(temporaryFolder(), 'names.json');
  const before = process.env.LEASEHOLD_STORES;
  process.env.LEASEHOLD_STORES = file;
  try {
    const path = shop();
    expect((await leasehold(['stores', 'add', 'shop', path, '--file', file])).status).toBe(0);
    expect(JSON.parse((await leasehold(['stores', 'list'])).stdout)).toEqual({ name: 'shop', path, from: file });
    expect(await lines('shop', 'get', 'first.number')).toEqual([0, 1]);
    expect((await leasehold(['stores', 'remove', 'shop', '--file', file])).status).toBe(0);
    expect((await leasehold(['stores', 'remove', 'shop', '--file', file])).stderr).toContain('ERR_NO_STORE');
    expect((await leasehold(['stores', 'add', 'a.b', path, '--file', file])).status).toBe(2);
  } finally {
    if (before === undefined) delete process.env.LEASEHOLD_STORES;
    else process.env.LEASEHOLD_STORES = before;
  }
});

test('a copy, also a compact one, has the store; collections() and stat do not show what it is made of', async () => {
  const path = shop();
  for (const compact of [[], ['--compact']]) {
    const copy = join(temporaryFolder(), 'copy');
    expect((await leasehold(['copy', path, copy, ...compact])).status).toBe(0);
    expect(await lines(copy, 'get', 'first.next.number')).toEqual([0, 2]);
    expect(await lines(copy, 'check')).toEqual([0]);
  }
  expect((await leasehold(['stat', path])).stdout).not.toContain('__leasehold');
  const exported = await leasehold(['export', path, '__leasehold_objects']);
  expect([exported.status, exported.stdout]).toEqual([3, '']);
});
