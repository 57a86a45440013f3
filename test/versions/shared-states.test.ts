import { expect, test } from 'vitest';
import { hashJoin, json, msgpack, struct, t, utf8 } from '../../lib/index.ts';
import { openAt, openTemporary, temporaryFolder, thrown } from '../support/fixture.ts';

const shared = { key: utf8, value: json, versions: true, share: true } as const;

function world(options = {}) {
  const env = openTemporary(options);
  return { env, items: env.collection('items', shared) };
}

test('every reader of a version gets the same frozen object, however it reads', () => {
  const { env, items } = world();
  items.put('a', { n: 1, list: [{ deep: true }] });
  items.put('b', 'text');
  const first = items.get('a') as { list: [{ deep: boolean }] };
  expect(first).toEqual({ n: 1, list: [{ deep: true }] });
  expect([first, first.list, first.list[0]].every(Object.isFrozen)).toBe(true);
  const seen: unknown[] = [];
  env.read((txn) => {
    seen.push(items.get('a', txn), items.in(txn).get('a'));
    seen.push(items.getMany(['b', 'a', 'c'], txn)[1]);
    for (const { value } of items.range({ lte: 'a' }, txn)) seen.push(value);
    for (const value of items.range({ lte: 'a', reverse: true }, txn).values()) seen.push(value);
    items.scan({ lte: 'a' }, ({ value }) => seen.push(value), txn);
  });
  seen.push(items.getMany(['a'])[0], ...items.range({ lte: 'a' }).values());
  const kept = items.range({ lte: 'a' }).toArray();
  const write = env.write((txn) => items.get('a', txn));
  seen.push(write, kept[0]?.value);
  expect(seen).toHaveLength(10);
  for (const value of seen) expect(value).toBe(first);
  expect(items.get('b')).toBe('text');
  expect(items.get('c')).toBe(undefined);
  expect(env.counters().shared.decodes).toBe(2);
});

test('a joined value is the shared one', () => {
  const { env, items } = world();
  const others = env.collection('others', { key: utf8, value: utf8 });
  items.put('a', { n: 1 });
  others.put('a', 'x');
  const [pair] = hashJoin({
    build: { range: others.range(), on: 'key' },
    probe: { range: items.range(), on: 'key' },
  });
  expect(pair?.probe.value).toEqual({ n: 1 });
  expect(pair?.probe.value).toBe(items.get('a'));
});

test('a write makes another state, and the readers of the old one keep it', () => {
  const { env, items } = world();
  items.put('a', { n: 1 });
  using old = env.read();
  const first = items.get('a', old);
  items.put('a', { n: 2 });
  expect(items.get('a')).toEqual({ n: 2 });
  expect(items.get('a', old)).toBe(first);
  expect(first).toEqual({ n: 1 });
});

test('what a transaction writes is seen by it alone until it commits, and leaves nothing if it is rolled back', () => {
  const { env, items } = world();
  items.put('a', { n: 1 });
  const committed = items.get('a');
  const failing = () =>
    env.write(() => {
      items.put('a', { n: 2 });
      items.put('b', { n: 2 });
      expect(items.get('a')).toEqual({ n: 2 });
      expect(
        items
          .range()
          .toArray()
          .map(({ value }) => value),
      ).toEqual([{ n: 2 }, { n: 2 }]);
      throw new RangeError('back');
    });
  expect(failing).toThrow(RangeError);
  expect([items.get('a'), items.get('b')]).toEqual([{ n: 1 }, undefined]);
  expect(items.get('a')).toBe(committed);
  // The next commit has the tid that the rolled-back transaction would have had.
  env.write(() => {
    items.put('a', { n: 3 });
    items.put('b', { n: 3 });
  });
  expect(items.getMany(['a', 'b'])).toEqual([{ n: 3 }, { n: 3 }]);
});

test('an inner transaction that is rolled back leaves nothing, either', () => {
  const { env, items } = world();
  env.write(() => {
    items.put('a', { n: 1 });
    expect(() =>
      env.write(() => {
        items.put('a', { n: 2 });
        items.get('a');
        throw new RangeError('back');
      }),
    ).toThrow(RangeError);
    expect(items.get('a')).toEqual({ n: 1 });
  });
  expect(items.get('a')).toEqual({ n: 1 });
});

test('update() gives a draft: what it changes is stored, and the shared state stays as it is', () => {
  const { items } = world();
  items.put('a', { n: 1, list: [1] });
  const before = items.get('a');
  const stored = items.update('a', (draft) => {
    (draft as { list: number[] }).list.push(2);
  });
  expect(stored).toEqual({ n: 1, list: [1, 2] });
  expect(items.get('a')).toEqual({ n: 1, list: [1, 2] });
  expect(before).toEqual({ n: 1, list: [1] });
  const version = items.version('a');
  items.update('a', () => undefined);
  expect(items.version('a')).toBe(version);
  expect(items.update('new', (value) => [value === undefined])).toEqual([true]);
  expect(thrown(() => items.update('none', () => undefined)).code).toBe('ERR_INVALID_ARG_TYPE');
  expect(thrown(() => items.update('a', (async () => 1) as never)).code).toBe('ERR_ASYNC_CALLBACK');
  expect(items.get('none')).toBe(undefined);
});

test('a shared state can be put as it is, and cannot be changed', () => {
  const { items } = world();
  items.put('a', { n: 1 });
  const state = items.get('a') as { n: number };
  items.put('b', state);
  expect(items.get('b')).toEqual({ n: 1 });
  expect(() => {
    state.n = 2;
  }).toThrow(TypeError);
});

test('the table stays below its limit, and what is evicted is decoded again', () => {
  const { env, items } = world({ maxSharedBytes: 100_000 });
  env.write(() => {
    for (let i = 0; i < 1000; i++) items.put(`key ${i}`, { i, text: 'x'.repeat(40) });
  });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1000; i++) expect(items.get(`key ${i}`)).toEqual({ i, text: 'x'.repeat(40) });
  }
  const { states, bytes, decodes } = env.counters().shared;
  expect(bytes).toBeLessThanOrEqual(100_000);
  expect(states).toBeLessThan(500);
  expect(decodes).toBeGreaterThan(1000);
  // A state that is too large for the table is decoded each time.
  items.put('large', 'x'.repeat(100_000));
  const before = env.counters().shared;
  expect((items.get('large') as string).length + (items.get('large') as string).length).toBe(200_000);
  expect(env.counters().shared).toEqual({ ...before, decodes: before.decodes + 2 });
});

test('a value that freezing does not protect is a copy for each reader', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: msgpack, versions: true, share: true });
  items.put('date', { at: new Date(5), inner: { n: 1 } });
  items.put('plain', { n: 1n, inner: [1] });
  const a = items.get('date') as { at: Date; inner: { n: number } };
  const b = items.get('date') as { at: Date };
  a.at.setTime(7);
  a.inner.n = 9;
  expect(b).toEqual({ at: new Date(5), inner: { n: 1 } });
  expect(items.get('date')).toEqual(b);
  expect(items.range({ lte: 'date' }).values().toArray()).toEqual([b]);
  expect(items.get('plain')).toBe(items.get('plain'));
  expect(env.counters().shared.copies).toBe(4);
});

test('update() changes a copy of a value that freezing does not protect, and stores it', () => {
  const env = openTemporary();
  const items = env.collection('items', { key: utf8, value: msgpack, versions: true, share: true });
  const change = (value: unknown, fn: (copy: never) => unknown): unknown => {
    items.put('a', value as never);
    items.update('a', fn as never);
    return items.get('a');
  };
  expect(change(new Map([['x', 1]]), (map: Map<string, number>) => void map.set('y', 2))).toEqual(
    new Map([
      ['x', 1],
      ['y', 2],
    ]),
  );
  expect(change(new Date(5), (date: Date) => void date.setTime(6))).toEqual(new Date(6));
  expect(change(new Date(5), (date: Date) => new Date(date.getTime() + 2))).toEqual(new Date(7));
  expect(change({ at: new Date(5) }, ({ at }: { at: Date }) => void at.setTime(6))).toEqual({ at: new Date(6) });
  expect(change({ raw: Buffer.from('abc') }, ({ raw }: { raw: Buffer }) => void raw.fill('x'))).toEqual({
    raw: Buffer.from('xxx'),
  });
  expect(change({ set: new Set([1]) }, ({ set }: { set: Set<number> }) => void set.add(2))).toEqual({
    set: new Set([1, 2]),
  });
});

test('update() stores what it changes in a value that a codec of the program itself has frozen in part', () => {
  const env = openTemporary();
  const dated = {
    name: 'dated',
    encode: ({ at }: { at: Date }) => Buffer.from(String(at.getTime())),
    decode: (bytes: Uint8Array) => Object.freeze({ at: new Date(Number(Buffer.from(bytes).toString())) }),
  };
  const items = env.collection('items', { key: utf8, value: dated, versions: true, share: true });
  items.put('a', { at: new Date(5) });
  items.update('a', ((value: { at: Date }) => void value.at.setTime(6)) as never);
  expect(items.get('a')).toEqual({ at: new Date(6) });
});

test('a codec of the program itself can read while it decodes', () => {
  const env = openTemporary();
  let inner: unknown;
  let depth = 0;
  const codec = {
    name: 'reads',
    encode: (value: string) => Buffer.from(value),
    decode: (bytes: Uint8Array) => {
      if (depth++ === 0) inner = items.get('a');
      return { text: Buffer.from(bytes).toString() };
    },
  };
  const items = env.collection('items', { key: utf8, value: codec, versions: true, share: true });
  items.put('a', 'x');
  const outer = items.get('a');
  expect(outer).toEqual({ text: 'x' });
  expect(outer).toBe(inner);
  expect(items.get('a')).toBe(outer);
});

test('an entry that is kept gives the shared state after its transaction has ended, and a value after the environment is closed', () => {
  const path = temporaryFolder();
  const env = openAt(path);
  const items = env.collection('items', shared);
  items.put('a', { n: 1 });
  const txn = env.read();
  const [entry] = items.range({}, txn);
  const state = items.get('a', txn);
  txn.end();
  expect(entry?.value).toBe(state);
  const entries = items.range().toArray();
  env.close();
  expect(entries[0]?.value).toEqual({ n: 1 });
  expect(Object.isFrozen(entries[0]?.value)).toBe(true);
  // Another handle decodes its own state, and shares none.
  const again = openAt(path).collection('items', shared);
  expect(again.get('a')).toEqual({ n: 1 });
  expect(again.get('a')).not.toBe(state);
});

test('sharing is refused where it cannot be had', () => {
  const env = openTemporary();
  const share = true;
  const refused = (name: string, options: object) => thrown(() => env.collection(name, options as never));
  expect(refused('a', { value: json, share })).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: /versions/ });
  expect(refused('b', { value: utf8, share, versions: true }).code).toBe('ERR_INVALID_ARG_VALUE');
  expect(refused('c', { value: struct({ a: t.u8 }), share, versions: true }).code).toBe('ERR_INVALID_ARG_VALUE');
  expect(refused('d', { value: json, share: 1, versions: true }).code).toBe('ERR_INVALID_ARG_TYPE');
  expect(env.collections()).toEqual([]);
  env.collection('e', { value: json, versions: true });
  expect(refused('e', { share })).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE', message: /share false/ });
});
