import { describe, expect, test } from 'vitest';
import { bytes, json, msgpack, struct, t, uint32, utf8 } from '../../lib/index.ts';
import { askChild } from '../support/child.ts';
import { codeOf, collectionOf, openAt, openTemporary, temporaryFolder } from '../support/fixture.ts';

const strings = { key: utf8, value: utf8 };
const numbers = { key: uint32, value: json };

function undo(): never {
  throw new Error('undo');
}

describe('making a collection', () => {
  test('and remembering its codecs is one commit', () => {
    const env = openTemporary();
    const before = env.info().lastTransaction;
    env.collection('items', strings);
    expect(env.info().lastTransaction).toBe(before + 1);
    env.collection('items', strings);
    env.collection('items');
    expect(env.info().lastTransaction).toBe(before + 1);
  });

  test('with no room for it leaves nothing half made, at whatever page the map is full', () => {
    const codes = new Set<string>();
    for (let pages = 24; pages < 48; pages++) {
      const env = openTemporary({ mapSize: pages * 4096 });
      const filler = env.collection('filler', { key: uint32, value: bytes });
      // An open snapshot keeps LMDB from using pages again.
      const txn = env.read();
      filler.get(1, txn);
      for (let i = 0; env.info().lastPage < 20; i++) filler.put(i % 3, Buffer.alloc(100));
      const code = codeOf(() => {
        for (let i = 0; ; i++) env.collection(`made ${i}`, strings);
      });
      codes.add(code);
      txn.end();
      const names = env.collections();
      env.close();
      const again = openAt(env.path, { mapSize: 2 ** 24 });
      for (const name of names) {
        expect(codeOf(() => again.collection(name, { value: msgpack }))).toBe('ERR_CODEC');
      }
      again.collection(`made ${names.length - 1}`, strings).put('key', 'value');
      again.close();
    }
    expect(codes).toEqual(new Set(['MDB_MAP_FULL']));
  });

  test('with no room for it inside env.write is undone alone: the transaction can go on', () => {
    const env = openTemporary({ mapSize: 64 * 4096 });
    const items = env.collection('items', { key: uint32, value: bytes });
    for (let i = 0; i < 30; i++) items.put(i, Buffer.alloc(4000));
    env.write(() => {
      const code = codeOf(() =>
        env.write(() => {
          for (let i = 0; ; i++) env.collection(`made ${i}`, strings).put('k', 'x'.repeat(3000));
        }),
      );
      expect([code, env.collections()]).toEqual(['MDB_MAP_FULL', ['items']]);
      items.put(1, Buffer.from('two'));
      env.collection('after', strings).put('k', 'v');
    });
    expect([items.get(1)?.toBuffer().toString(), env.collections()]).toEqual(['two', ['after', 'items']]);
  });

  test('again with no room for it leaves it dropped: what stood for it reads nothing, then what another process made', () => {
    const env = openTemporary({ mapSize: 64 * 4096 });
    const items = env.collection('items', strings);
    const filler = env.collection('filler', { key: uint32, value: bytes });
    items.put('a', '1');
    items.drop();
    using txn = env.read();
    expect(items.count({}, txn)).toBe(0);
    codeOf(() => {
      for (let i = 0; ; i++) filler.put(i, Buffer.alloc(3000));
    });
    codeOf(() => {
      for (let i = 0; ; i++) filler.put(i + 10_000, Buffer.alloc(10));
    });
    expect(codeOf(() => env.collection('items', strings))).toBe('MDB_MAP_FULL');
    expect([items.count(), items.range().toArray(), items.get('a')]).toEqual([0, [], undefined]);
    expect(codeOf(() => items.put('b', '2'))).toBe('ERR_NO_COLLECTION');
    txn.end();
    askChild(
      `const env = open(args.path, { durability: 'nosync', mapSize: 2 ** 24 });
       env.collection('items', { key: utf8, value: utf8 }).put('theirs', 'value');
       env.close(); tell(1);`,
      { path: env.path },
    );
    env.resize();
    expect(codeOf(() => items.range().toArray())).toBe('ERR_NO_COLLECTION');
    expect(env.collection('items', strings).range().keys().toArray()).toEqual(['theirs']);
  });
});

describe('in one write transaction', () => {
  test('collections are made, used and remembered, in one commit', () => {
    const env = openTemporary();
    const before = env.info().lastTransaction;
    const made = env.write(() =>
      Array.from({ length: 200 }, (_, i) => {
        const collection = env.collection(`made ${i}`, strings);
        collection.put('key', String(i));
        expect(collection.count()).toBe(1);
        return collection;
      }),
    );
    expect(env.info().lastTransaction).toBe(before + 1);
    expect(made.map((collection) => collection.count())).toEqual(made.map(() => 1));
    expect(env.collection('made 7')).toBe(made[7]);
    const { path } = env;
    env.close();
    const again = openAt(path);
    expect(again.collection('made 1').get('key' as never)).toBe('1');
    expect(again.collections()).toHaveLength(200);
  });

  test('what is made is seen by what the transaction asks, and by nobody else before the commit', () => {
    const { env } = collectionOf(strings);
    const second = openAt(env.path);
    env.write(() => {
      const made = env.collection('made', strings);
      made.put('a', '1');
      expect([env.collections(), env.collection('made'), made.range().keys().toArray()]).toEqual([
        ['items', 'made'],
        made,
        ['a'],
      ]);
      env.read((txn) => expect([made.get('a', txn), made.count({}, txn)]).toEqual([undefined, 0]));
    });
    expect(second.collection('made', strings).get('a')).toBe('1');
  });

  test('a collection is dropped and made again, with other codecs, again and again', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    const last = env.write(() => {
      items.drop();
      const other = env.collection('items', numbers);
      other.put(1, 'one');
      expect([other.get(1), other.count()]).toEqual(['one', 1]);
      expect(codeOf(() => items.get('a'))).toBe('ERR_NO_COLLECTION');
      expect(codeOf(() => items.put('a', '1'))).toBe('ERR_NO_COLLECTION');
      other.drop();
      expect([other.count(), env.collections()]).toEqual([0, []]);
      const third = env.collection('items', { key: utf8, value: msgpack });
      third.put('b', { b: 2 });
      return third;
    });
    expect([last.get('b'), last.count(), env.collection('items')]).toEqual([{ b: 2 }, 1, last]);
    expect(codeOf(() => items.range().toArray())).toBe('ERR_NO_COLLECTION');
    const { path } = env;
    env.close();
    expect(
      openAt(path)
        .collection('items')
        .get('b' as never),
    ).toEqual({ b: 2 });
  });

  test('that is undone, what it dropped and made again is what it was', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    let lost: typeof items | undefined;
    expect(() =>
      env.write(() => {
        items.drop();
        lost = env.collection('items', strings);
        lost.put('b', '2');
        undo();
      }),
    ).toThrow('undo');
    expect([items.get('a'), items.count(), env.collection('items')]).toEqual(['1', 1, items]);
    expect(codeOf(() => lost?.put('c', '3'))).toBe('ERR_NO_COLLECTION');
    items.put('d', '4');
    expect(items.range().keys().toArray()).toEqual(['a', 'd']);
  });

  test('that is undone, what it made is absent: what stands for it is refused, and the name is free', () => {
    const { env, items } = collectionOf(strings);
    let lost: typeof items | undefined;
    expect(() =>
      env.write(() => {
        lost = env.collection('made', strings);
        lost.put('a', '1');
        undo();
      }),
    ).toThrow('undo');
    expect([lost?.get('a'), lost?.count(), lost?.range().toArray(), env.collections()]).toEqual([
      undefined,
      0,
      [],
      ['items'],
    ]);
    expect(codeOf(() => lost?.put('a', '1'))).toBe('ERR_NO_COLLECTION');
    expect(codeOf(() => env.collection('made', { create: false }))).toBe('ERR_NO_COLLECTION');
    const made = env.collection('made', numbers);
    made.put(1, 'one');
    expect(codeOf(() => lost?.get('a'))).toBe('ERR_NO_COLLECTION');
    expect(made.get(1)).toBe('one');
  });

  test('a child that is undone takes back what it made and dropped, and no more', () => {
    const { env, items } = collectionOf(strings);
    items.put('a', '1');
    env.write(() => {
      const parents = env.collection('of the parent', numbers);
      parents.put(1, 'one');
      expect(() =>
        env.write(() => {
          items.drop();
          parents.drop();
          env.collection('items', numbers).put(2, 'two');
          env.collection('of the child', strings).put('b', '2');
          undo();
        }),
      ).toThrow('undo');
      expect([items.get('a'), parents.get(1), env.collections()]).toEqual(['1', 'one', ['items', 'of the parent']]);
      expect([env.collection('items'), env.collection('of the parent')]).toEqual([items, parents]);
      env.write(() => {
        parents.drop();
        env.collection('of the parent', strings).put('c', '3');
      });
      expect(codeOf(() => parents.get(1))).toBe('ERR_NO_COLLECTION');
    });
    expect([items.get('a'), env.collection('of the parent', strings).get('c')]).toEqual(['1', '3']);
  });

  test('an iteration that is under way ends, or says so, when its collection is dropped and made again', () => {
    const { env, items } = collectionOf(strings);
    for (const key of ['a', 'b', 'c']) items.put(key, key);
    env.write(() => {
      const iterator = items.range()[Symbol.iterator]();
      const second = items.range()[Symbol.iterator]();
      expect([iterator.next().value?.key, second.next().value?.key]).toEqual(['a', 'a']);
      items.drop();
      expect(iterator.next().done).toBe(true);
      env.collection('items', strings).put('b', 'other');
      expect(codeOf(() => second.next())).toBe('ERR_NO_COLLECTION');
    });
  });

  test('the schema of a struct that was dropped does not bind the one that is made', () => {
    const env = openTemporary();
    const first = env.collection('items', { key: utf8, value: struct({ a: t.u32 }) });
    first.put('k', { a: 1 });
    const second = env.write(() => {
      first.drop();
      return env.collection('items', { key: utf8, value: struct({ b: t.utf8 }) });
    });
    second.put('k', { b: 'two' });
    expect(second.get('k')?.b).toBe('two');
  });
});

describe('handles', () => {
  test('are given back by collections that were dropped: names may be new for ever', () => {
    const env = openTemporary({ maxCollections: 3 });
    const kept = env.collection('kept', strings);
    kept.put('k', 'v');
    for (let i = 0; i < 100; i++) {
      const made = env.collection(`made ${i}`, strings);
      made.put('n', String(i));
      expect([made.get('n'), kept.get('k')]).toEqual([String(i), 'v']);
      made.drop();
      if (i > 0) expect(made.get('n')).toBeUndefined();
    }
    expect(env.collections()).toEqual(['kept']);
  });

  test('are not given back while a snapshot can read what was dropped', () => {
    const env = openTemporary({ maxCollections: 2 });
    const [a, b] = [env.collection('a', strings), env.collection('b', strings)];
    a.put('k', 'of a');
    b.put('k', 'of b');
    const old = env.read();
    a.drop();
    expect(codeOf(() => env.collection('c', strings))).toBe('MDB_DBS_FULL');
    expect([a.get('k', old), b.get('k', old), env.collections()]).toEqual(['of a', 'of b', ['b']]);
    old.end();
    const c = env.collection('c', strings);
    c.put('k', 'of c');
    expect([a.get('k'), b.get('k'), c.get('k')]).toEqual([undefined, 'of b', 'of c']);
    expect(codeOf(() => a.put('k', 'x'))).toBe('ERR_NO_COLLECTION');
  });

  test('are enough for any number of collections, without an option', () => {
    const path = temporaryFolder();
    const env = openAt(path);
    env.write(() => {
      for (let i = 0; i < 3000; i++) env.collection(`c${i}`, strings).put('k', String(i));
    });
    expect([env.collection('c2999').get('k' as never), env.collections().length]).toEqual(['2999', 3000]);
  });
});
